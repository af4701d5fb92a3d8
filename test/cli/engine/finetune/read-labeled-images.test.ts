import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLabeledImages } from '../../../../cli/engine/finetune/read-labeled-images.ts';
import { loadModel } from '../../../../shared/models/model-directory.ts';
import { classifiedRow, deletedRow, rejectedRow } from '../../../support/result-rows.ts';
import { opened, storeOf } from '../../../support/stores.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { writeTinyModel } from '../../../support/tiny-model.ts';

describe('readLabeledImages', () => {
  it('finds images of a bucket by id or unique key, and gives the reason for others', async () => {
    const folder = temporaryFolder();
    await writeTinyModel(folder);
    const model = await loadModel(folder);
    const of = { model: model.id, preprocess: model.preprocess };
    const path = await storeOf([
      classifiedRow('once.jpg', of),
      classifiedRow('twice.jpg', of),
      classifiedRow('twice.jpg', { ...of, image_id: 'drop/twice.jpg@e2', etag: 'e2' }),
      classifiedRow('gone.jpg', of),
      rejectedRow('cut.jpg', { ...of, reason: 'truncated' }),
      classifiedRow('others.jpg'),
      deletedRow('gone.jpg', of),
    ]);
    const csv = join(folder, 'labels.csv');
    const names = ['once.jpg', 'drop/twice.jpg@e2', 'twice.jpg', 'gone.jpg', 'cut.jpg', 'others.jpg'];
    await writeFile(csv, `image,label\n${names.map((name) => `${name},cat`).join('\n')}\n,cat\n`);
    const { images, leftOut } = await readLabeledImages(csv, model, await opened(path));
    expect(images.map(({ image, label }) => [image, label])).toEqual([
      ['drop/once.jpg@e1', 'cat'],
      ['drop/twice.jpg@e2', 'cat'],
    ]);
    expect(leftOut.map(({ name, reason }) => [name, reason])).toEqual([
      ['twice.jpg', 'ambiguous'],
      ['gone.jpg', 'deleted'],
      ['cut.jpg', 'truncated'],
      ['others.jpg', 'not_found'],
      ['', 'no_image'],
    ]);
  });

  it('uses the top folder below the given one as the label, at any depth', async () => {
    const folder = temporaryFolder();
    await writeTinyModel(join(folder, 'cats'));
    const { images, leftOut } = await readLabeledImages(folder, await loadModel(join(folder, 'cats')), undefined);
    expect(images.map(({ name, label }) => [name, label])).toEqual([
      ['cats/manifest.json', 'cats'],
      ['cats/model.onnx', 'cats'],
    ]);
    expect(leftOut).toEqual([]);
  });
});
