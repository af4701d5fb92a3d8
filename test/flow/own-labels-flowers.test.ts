import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { finetune } from '../support/finetune.ts';
import { describeWithFixtures } from '../support/fixtures.ts';
import { runCommand } from '../support/run-command.ts';
import { query } from '../support/stores.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Copies this many files of every class folder, and the files next to the folders. */
async function copySome(folder: string, copy: string, files: number): Promise<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const [from, to] = [join(folder, entry.name), join(copy, entry.name)];
    await mkdir(entry.isDirectory() ? to : copy, { recursive: true });
    if (entry.isFile()) await copyFile(from, to);
    else {
      const names = (await readdir(from)).toSorted().slice(0, files);
      await Promise.all(names.map((name) => copyFile(join(from, name), join(to, name))));
    }
  }
  return copy;
}

describeWithFixtures('flowers and the published GoogLeNet', (fixtures) => {
  const folder = temporaryFolder();

  it('have an accuracy of at least 0.75 from stored embeddings, and stored rows are relabeled', async () => {
    const [model, finetuned, store] = [join(folder, 'googlenet'), join(folder, 'finetuned'), join(folder, 'store')];
    const flowers = await copySome(join(fixtures, 'flowers'), join(folder, 'flowers'), 10);
    const source = join(fixtures, 'models/googlenet-zoo.onnx');
    const imported = await runCommand(['model', 'import', source, '--preset', 'bvlc', '--out', model]);
    expect(imported.code).toBe(0);
    const run = await runCommand(['run', flowers, '--model', model, '--store', store, '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ classified: 50, rejected: 1 });
    const report = await finetune(model, flowers, finetuned, '--store', store);
    expect(report).toMatchObject({
      ...{ images: 50, stored: 50, computed: 0, leftOut: [{ name: 'LICENSE.txt', reason: 'no_label' }] },
      labels: ['daisy', 'dandelion', 'roses', 'sunflowers', 'tulips'].map((label) => ({ label, images: 10 })),
    });
    expect(report.crossValidation.tested).toBe(50);
    expect(report.crossValidation.accuracy).toBeGreaterThanOrEqual(0.75);
    const relabeled = await runCommand(['results', 'relabel', '--model', finetuned, '--store', store, '--json']);
    expect(JSON.parse(relabeled.stdout)).toMatchObject({ labelled: 50, rejected: 1 });
    const sql = `select count(*) filter (split_part(key, '/', 1) = label)::int as finetuned from results
      where model = '${report.model}'`;
    // These are the training images, so the share is higher than the accuracy.
    const [[right] = []] = await query(store, sql);
    expect(right).toBeGreaterThanOrEqual(48);
  });
});
