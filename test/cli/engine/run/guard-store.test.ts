import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { guardStore } from '../../../../cli/engine/run/guard-store.ts';
import { RecordingResults } from '../../../support/recording-results.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

async function guarded() {
  const bucket = join(temporaryFolder(), 'store');
  mkdirSync(bucket);
  const written = new RecordingResults();
  const results = await guardStore(written, { kind: 'folder', bucket });
  onTestFinished(() => results.close());
  return { bucket, written, results };
}

it('writes rows while the folder of the store is the same', async () => {
  const { written, results } = await guarded();
  await results.append([]);
  await results.check();
  expect(written.attempts).toBe(1);
});

it.each([
  ['was removed', (folder: string) => rmSync(folder, { recursive: true })],
  [
    'was removed and made again',
    (folder: string) => {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
    },
  ],
  [
    'was renamed and made again',
    (folder: string) => {
      renameSync(folder, `${folder}-before`);
      mkdirSync(folder);
    },
  ],
])('writes nothing more if the folder of the store %s', async (_, replace) => {
  const { bucket, written, results } = await guarded();
  replace(bucket);
  const message = `the folder ${bucket} was removed, or its disk unmounted, while results were written to it: run again when it is back`;
  await expect(results.append([])).rejects.toMatchObject({ name: 'UserError', message });
  await expect(results.check()).rejects.toMatchObject({ message });
  expect(written.attempts).toBe(0);
});

it('does not check a bucket', async () => {
  const results = await guardStore(new RecordingResults(), { kind: 's3', bucket: 'results' });
  await results.check();
  await results.close();
});
