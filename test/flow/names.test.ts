import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { jsonLines } from '../support/cli.ts';
import { scene } from '../support/formats/scene.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();

it('the format comes from the bytes, not from the name or its case', async () => {
  const [drop, model, store] = [join(folder, 'drop'), await makeTinyModel(), join(folder, 'store')];
  await mkdir(drop);
  const [jpeg, png, webp] = [scene().jpeg(), scene().png(), scene().webp()];
  const files = {
    'PHOTO.JPG': jpeg,
    'a jpeg.png': jpeg,
    'a jpeg.pdf': jpeg,
    'a png.JPEG': png,
    'a png.tiff': png,
    'a webp.svg': webp,
    'a webp without an extension': webp,
  };
  for (const [name, image] of Object.entries(files)) await writeFile(join(drop, name), await image.toBuffer());
  const { code } = await runCommand(['run', drop, '--model', model, '--store', store, '--json']);
  expect(code).toBe(0);
  const { stdout } = await runCommand(['results', '--store', store, '--format', 'jsonl']);
  expect(jsonLines(stdout).map(({ key, status, format }) => [key, status, format])).toEqual([
    ['PHOTO.JPG', 'classified', 'jpeg'],
    ['a jpeg.pdf', 'classified', 'jpeg'],
    ['a jpeg.png', 'classified', 'jpeg'],
    ['a png.JPEG', 'classified', 'png'],
    ['a png.tiff', 'classified', 'png'],
    ['a webp without an extension', 'classified', 'webp'],
    ['a webp.svg', 'classified', 'webp'],
  ]);
});
