import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { writePhotos } from '../support/photos.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

it('a run measures its duration although the clock is set back meanwhile, and marks its job as complete', async () => {
  const folder = temporaryFolder();
  await writePhotos(join(folder, 'drop'), 3);
  let time = Date.now();
  vi.spyOn(Date, 'now').mockImplementation(() => (time -= 60_000));
  const store = join(folder, 'store');
  const { code, stdout, stderr } = await runCommand([
    ...['run', join(folder, 'drop'), '--model', await makeTinyModel(), '--store', store, '--json'],
  ]);
  expect(code, stderr).toBe(0);
  const { seconds, imagesPerSecond } = JSON.parse(stdout);
  expect(seconds).toBeGreaterThan(0);
  expect(imagesPerSecond).toBeGreaterThan(0);
});
