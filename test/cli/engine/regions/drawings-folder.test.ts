import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DrawingsFolder } from '../../../../cli/engine/regions/drawings-folder.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const jpeg = new Uint8Array([0xff, 0xd8]);

it('images of the same name get numbers, also where the case of letters makes no difference', async () => {
  const drawings = await DrawingsFolder.open(join(folder, 'numbers'));
  const images = ['a/tench.jpg', 'b/tench.png', 'Tench.webp', 'tench-2.jpg', '.jpg', '/', 'https://host/x?'];
  const paths: string[] = [];
  for (const image of images) paths.push(await drawings.write(image, jpeg));
  expect(new Set(paths.map((path) => path.toLowerCase())).size).toBe(images.length);
  expect((await readdir(join(folder, 'numbers'))).toSorted()).toEqual(
    ['.jpg.jpg', 'Tench-3.jpg', 'image.jpg', 'tench-2-2.jpg', 'tench-2.jpg', 'tench.jpg', 'x?.jpg'].toSorted(),
  );
});

it('long names are cut to what a file system takes', async () => {
  const drawings = await DrawingsFolder.open(join(folder, 'long'));
  await drawings.write(`${'🦝'.repeat(60)}.jpg`, jpeg);
  await drawings.write(`${'🦝'.repeat(61)}.jpg`, jpeg);
  expect(await readdir(join(folder, 'long'))).toHaveLength(2);
});

it('knows its own files, also through a link', async () => {
  const path = join(folder, 'own');
  const drawings = await DrawingsFolder.open(path);
  await symlink(folder, join(folder, 'link'));
  await mkdir(join(folder, 'own-photos'));
  await writeFile(join(folder, 'own-photos/a.jpg'), jpeg);
  expect(await drawings.has(await drawings.write('a.jpg', jpeg))).toBe(true);
  expect(await drawings.has(join(folder, 'link/own/a.jpg'))).toBe(true);
  expect(await drawings.has(join(folder, 'own-photos/a.jpg'))).toBe(false);
  expect(await drawings.has(join(folder, 'missing/a.jpg'))).toBe(false);
});
