import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixtures } from '../../bench/fixtures.ts';
import { peakOf } from '../../bench/run-memory/peak-of.ts';
import { repository } from '../support/cli.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const model = await makeTinyModel();
const mebibyte = 2 ** 20;
/**
 * Twice what a run holds. Without a limit V8 lets garbage fill up to 150 MB before it collects any, which 1,000 photos may not reach
 * and 4,000 do.
 */
const heapLimit = '--max-old-space-size=96';

describe('the memory of a run', () => {
  it('grows by less than a quarter from 1,000 to 4,000 photos', async () => {
    const few = await peakOfRun(5);
    const many = await peakOfRun(20);
    console.log(`peak of 1,000 photos ${few} MiB, of 4,000 photos ${many} MiB`);
    expect(few).toBeGreaterThan(100);
    expect(many / few).toBeLessThan(1.25);
  });
});

/** MiB, of the main process. */
async function peakOfRun(copies: number): Promise<number> {
  const photos = join(folder, `photos-${copies}`);
  await mkdir(photos);
  for (const name of await readdir(fixtures.photos)) {
    for (let copy = 0; copy < copies; copy += 1) {
      await cp(join(fixtures.photos, name), join(photos, `${copy}-${name}`));
    }
  }
  const command = join(repository, 'cli/inception-batch.js');
  const args = ['run', photos, '--model', model, '--store', join(folder, `store-${copies}`), '--json'];
  const { resident } = await peakOf([heapLimit, command, ...args]);
  return Math.round(resident / mebibyte);
}
