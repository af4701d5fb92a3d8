import { cpSync, renameSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compactStore } from '../../../cli/engine/compact.ts';
import { relabelStore } from '../../../cli/engine/relabel.ts';
import { makeTinyModel } from '../../support/make-tiny-model.ts';
import { writePhotos } from '../../support/photos.ts';
import { classifiedRow } from '../../support/result-rows.ts';
import { commandOutput } from '../../support/run-command.ts';
import { storeOf } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Puts another folder with the same files in place of the store, as another disk at the same path would. */
function replaceFolder(store: string): void {
  renameSync(store, `${store}-before`);
  cpSync(`${store}-before`, store, { recursive: true });
}

const partsIn = async (store: string) => (await readdir(join(store, 'results'), { recursive: true })).toSorted();

it('a compaction writes nothing to a folder that has replaced the store', async () => {
  const store = await storeOf([classifiedRow('1.jpg')], [classifiedRow('2.jpg')]);
  const before = await partsIn(store);
  let replace = () => replaceFolder(store);
  const onProgress = () => {
    replace();
    replace = () => {};
  };
  const hooks = { stop: new AbortController().signal, onProgress };
  await expect(compactStore({ store }, hooks)).rejects.toThrow(
    `the folder ${store} was removed, or its disk unmounted`,
  );
  expect(await partsIn(store)).toEqual(before);
});

it('relabeling writes nothing to a folder that has replaced the store', async () => {
  const [model, folder] = [await makeTinyModel(), temporaryFolder()];
  for (const label of ['even', 'odd']) await writePhotos(join(folder, 'labels', label), 6);
  const at = (name: string) => join(folder, name);
  const [store, finetuned] = [at('store'), at('finetuned')];
  await commandOutput(['run', at('labels'), '--model', model, '--store', store]);
  const labels = ['--labels', at('labels'), '--store', store, '--folds', '2'];
  await commandOutput(['model', 'finetune', model, ...labels, '--out', finetuned]);
  const before = await partsIn(store);
  const { signal: stop } = new AbortController();
  let replace = () => replaceFolder(store);
  // Read before rows are added, when the store is open.
  Object.defineProperty(stop, 'aborted', {
    get: () => {
      replace();
      replace = () => {};
      return false;
    },
  });
  const hooks = { stop, onStart: () => {}, models: {} };
  await expect(relabelStore({ store, model: finetuned }, hooks)).rejects.toThrow(
    `the folder ${store} was removed, or its disk unmounted`,
  );
  expect(await partsIn(store)).toEqual(before);
});
