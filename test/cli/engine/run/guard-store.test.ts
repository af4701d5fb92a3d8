import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { guardStore } from '../../../../cli/engine/run/guard-store.ts';
import { RecordingResults } from '../../../support/recording-results.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

async function guarded() {
  const bucket = join(temporaryFolder(), 'store');
  mkdirSync(join(bucket, 'results'), { recursive: true });
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

const removals = [
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
] as const;

it.each(
  removals.flatMap(([how, remove]) => [
    [how, 'the store', '', remove] as const,
    [how, 'its results', 'results', remove] as const,
  ]),
)('after it %s, nothing more is written to the folder of %s', async (_how, _what, name, remove) => {
  const { bucket, written, results } = await guarded();
  const folder = join(bucket, name);
  remove(folder);
  const message = `the folder ${folder} was removed, or its disk unmounted, while results were written to it: run again when it is back`;
  await expect(results.append([])).rejects.toMatchObject({ name: 'UserError', message });
  await expect(results.check()).rejects.toMatchObject({ message });
  expect(written.attempts).toBe(0);
});

it('checks no folder that has the name of a bucket', async () => {
  const bucket = join(temporaryFolder(), 'bucket');
  mkdirSync(bucket);
  const written = new RecordingResults();
  const results = await guardStore(written, { kind: 's3', bucket });
  rmSync(bucket, { recursive: true });
  await results.append([]);
  await results.check();
  await results.close();
  expect(written.attempts).toBe(1);
});
