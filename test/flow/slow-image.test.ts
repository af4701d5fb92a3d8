import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openResults } from '../../results/open/open-results.ts';
import { startInceptionBatch } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { manyScansJpeg } from '../support/formats/many-scans-jpeg.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { writePhotos } from '../support/photos.ts';
import { rowsOf } from '../support/stores.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const model = await makeTinyModel();
const slow = manyScansJpeg({ size: 8000, scans: 2000 });

it.each([
  ['run', 130],
  ['watch', 1], // images are left
] as const)('%s finishes all others while images take long, and leaves these on Ctrl-C', async (command, exitCode) => {
  const drop = join(folder, command, 'drop');
  const store = join(folder, command, 'store');
  await mkdir(drop, { recursive: true });
  // Each takes more than the ten seconds of a core that an image may take; their names come first.
  for (let number = 0; number < 6; number += 1) await writeFile(join(drop, `a-slow-${number}.jpg`), slow);
  await writeFile(join(drop, 'note.txt'), 'no picture');
  await writePhotos(drop, 40);

  const running = startInceptionBatch([command, drop, '--model', model, '--store', store]);
  const exited = once(running, 'exit');
  const finished = [
    ['classified', 40],
    ['rejected', 1],
  ];
  await eventually(async () => expect(await countByStatus(store)).toEqual(finished), { interval: 200 });
  running.kill('SIGINT');
  expect(await exited).toEqual([exitCode, null]);
  expect(await countByStatus(store)).toEqual(finished);
});

async function countByStatus(store: string) {
  const results = await openResults({ kind: 'folder', path: store });
  try {
    return await rowsOf(results, 'select status, count(*)::int from results group by status order by status');
  } finally {
    await results.close();
  }
}
