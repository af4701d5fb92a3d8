import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareModels } from '../../../model/verify/compare-models.ts';
import { writePhotos } from '../../support/photos.ts';
import { runCommand } from '../../support/run-command.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';

const folder = temporaryFolder();
const model = join(folder, 'model');
const photos = join(folder, 'photos');
const texts = join(folder, 'texts');

/** Three labeled photos, and files that are skipped. */
await writeTinyModel(model);
const [photo = ''] = await writePhotos(join(folder, 'made'), 1);
await mkdir(join(photos, 'tiny 2'), { recursive: true });
const labeled = ['t0_a.jpg', 't1_b.jpg', 'tiny 2/c.jpg'];
for (const name of [...labeled, 'unlabeled.jpg']) await copyFile(join(folder, 'made', photo), join(photos, name));
await mkdir(texts);
for (const path of [photos, texts]) {
  await writeFile(join(path, 'notes.txt'), 'not an image');
  await writeFile(join(path, 't0_empty.jpg'), '');
}

describe('comparing models on a folder of photos', () => {
  it('skips files that are not photos or have no label, and counts them by reason', async () => {
    const { accuracy, leftOut } = await compareModels(model, { photos });
    expect(accuracy?.images).toBe(3);
    expect(leftOut).toEqual({ not_an_image: 1, no_label: 1, empty: 1 });
  });

  it('reports skipped files in one line and in JSON', async () => {
    const args = ['model', 'verify', model, '--photos', photos];
    const [text, json] = [await runCommand(args), await runCommand([...args, '--json'])];
    expect([text.code, json.code]).toEqual([0, 0]);
    expect(text.stdout).toMatch(/^3 files skipped: 1 not_an_image, 1 empty, 1 no_label$/m);
    expect(JSON.parse(json.stdout)).toMatchObject({ leftOut: { not_an_image: 1, no_label: 1, empty: 1 } });
  });

  it.each([
    ['no file can be used', texts, /no labeled photos in .* \(2 files skipped: 1 not_an_image, 1 empty\): give/],
    ['the folder is empty', join(folder, 'model/none'), /no labeled photos in .* \(the folder is empty\): give/],
    ['the folder is missing', join(folder, 'absent'), /no such folder/],
  ])('fails if %s', async (_, path, message) => {
    await mkdir(join(model, 'none'), { recursive: true });
    await expect(compareModels(model, { photos: path })).rejects.toThrow(message);
  });
});
