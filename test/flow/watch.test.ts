import { once } from 'node:events';
import { copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openResults } from '../../query/open-results.ts';
import { countsByStatus } from '../../query/status-counts.ts';
import { inceptionBatch, startInceptionBatch } from '../support/cli.ts';
import { writePhotos } from '../support/photos.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = temporaryFolder();

it('watch classifies what is there and what is added, and ends in good order when interrupted', async () => {
  const model = join(folder, 'model');
  const drop = join(folder, 'drop');
  const store = join(drop, 'store'); // inside what is watched: its own results are no input
  await writeTinyModel(model);
  const [first = ''] = await writePhotos(drop, 3);

  // Through a link: the results are known for what they are by whatever path they are reached.
  const link = join(folder, 'link');
  await symlink(drop, link);
  const watching = startInceptionBatch(['watch', link, '--model', model, '--store', join(link, 'store')]);
  onTestFinished(() => {
    watching.kill('SIGKILL');
  });
  const exited = once(watching, 'exit');
  const until = (expected: { classified: number; rejected: number }) =>
    vi.waitFor(
      async () => {
        const results = await openResults({ kind: 'folder', path: store });
        const { classified, rejected } = await countsByStatus(results).finally(() => results.close());
        expect({ classified, rejected }).toEqual(expected);
      },
      { timeout: 30_000, interval: 100 },
    );

  await until({ classified: 3, rejected: 0 });
  await mkdir(join(drop, 'later'));
  await copyFile(join(drop, first), join(drop, 'later/again.jpg'));
  await writeFile(join(drop, 'later/note.txt'), 'no picture');
  await until({ classified: 4, rejected: 1 });
  watching.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
});

it('watch ends with one line and exit code 1 when the folder is removed', async () => {
  const model = join(folder, 'another-model');
  const drop = join(folder, 'removed');
  const store = join(folder, 'its-store');
  await writeTinyModel(model);
  await writePhotos(drop, 1);
  const watching = inceptionBatch(['watch', drop, '--model', model, '--store', store, '--json']);
  await vi.waitFor(
    async () => {
      const results = await openResults({ kind: 'folder', path: store });
      const { classified } = await countsByStatus(results).finally(() => results.close());
      expect(classified).toBe(1);
    },
    { timeout: 30_000, interval: 100 },
  );
  await rm(drop, { recursive: true });
  const { code, stdout, stderr } = await watching;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toBe(`inception-batch: the folder ${drop} is gone: it was removed or renamed while it was watched\n`);
});
