import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually } from '../../../support/eventually.ts';
import { makeTinyModel } from '../../../support/make-tiny-model.ts';
import { writePhotos } from '../../../support/photos.ts';
import { failureOf, runCommand } from '../../../support/run-command.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

it('exits with 130 and writes nothing if it is interrupted', async () => {
  const folder = temporaryFolder();
  for (const label of ['heron', 'stork']) await writePhotos(join(folder, 'birds', label), 30);
  const out = join(folder, 'out');
  const before = process.listenerCount('SIGINT');
  const finished = runCommand([
    'model',
    'finetune',
    await makeTinyModel(),
    '--labels',
    join(folder, 'birds'),
    '--out',
    out,
  ]);
  await eventually(() => expect(process.listenerCount('SIGINT')).toBeGreaterThan(before), { interval: 1 });
  process.emit('SIGINT');
  expect(await finished).toMatchObject({ code: 130, stderr: expect.stringContaining('no model was written') });
  expect(existsSync(out)).toBe(false);
});

it('rejects a store without results before it reads images', async () => {
  const folder = temporaryFolder();
  for (const label of ['heron', 'stork']) await writePhotos(join(folder, 'birds', label), 1);
  const args = ['--labels', join(folder, 'birds'), '--out', join(folder, 'out'), '--store', join(folder, 'sotre')];
  expect(await failureOf(['model', 'finetune', await makeTinyModel(), ...args])).toContain(
    `no results in ${join(folder, 'sotre')}: the folder does not exist`,
  );
});
