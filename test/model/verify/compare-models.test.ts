import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { compareModels } from '../../../model/verify/compare-models.ts';
import { writePhotos } from '../../support/photos.ts';
import { runCommand } from '../../support/run-command.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';

const folder = temporaryFolder();
const model = join(folder, 'model');
const photos = join(folder, 'photos');
const texts = join(folder, 'texts');

/** Three labelled photos, and what lies about in folders of photos. */
beforeAll(async () => {
  await writeTinyModel(model);
  const [photo = ''] = await writePhotos(join(folder, 'made'), 1);
  await mkdir(join(photos, 'tiny 2'), { recursive: true });
  const labelled = ['t0_a.jpg', 't1_b.jpg', 'tiny 2/c.jpg'];
  for (const name of [...labelled, 'nobody.jpg']) await copyFile(join(folder, 'made', photo), join(photos, name));
  await mkdir(texts);
  for (const place of [photos, texts]) {
    await writeFile(join(place, 'notes.txt'), 'no picture');
    await writeFile(join(place, 't0_empty.jpg'), '');
  }
});

describe('comparing models on a folder of photos', () => {
  it('leaves out what is no photo or has no label, and says how many for which reason', async () => {
    const { accuracy, leftOut } = await compareModels(model, { photos });
    expect(accuracy?.images).toBe(3);
    expect(leftOut).toEqual({ not_an_image: 1, no_label: 1, empty: 1 });
  });

  it('says so in one line, and in JSON', async () => {
    const args = ['model', 'verify', model, '--photos', photos];
    const [text, json] = [await runCommand(args), await runCommand([...args, '--json'])];
    expect([text.code, json.code]).toEqual([0, 0]);
    expect(text.stdout).toMatch(/^3 files left out: 1 no_label, 1 not_an_image, 1 empty$/m);
    expect(JSON.parse(json.stdout)).toMatchObject({ leftOut: { not_an_image: 1, no_label: 1, empty: 1 } });
  });

  it.each([
    ['no file can be used', texts, /got none: 2 files left out: 1 not_an_image, 1 empty/],
    ['the folder is empty', join(folder, 'model/none'), /got none: the folder is empty/],
    ['there is no folder', join(folder, 'absent'), /no such folder/],
  ])('fails where %s', async (_, place, text) => {
    await mkdir(join(model, 'none'), { recursive: true });
    await expect(compareModels(model, { photos: place })).rejects.toThrow(text);
  });
});
