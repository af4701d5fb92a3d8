import { access, constants } from 'node:fs/promises';
import { findIdxFiles } from '../../../model/train/data/idx.ts';
import { openIdxData } from '../../../model/train/data/open-idx-data.ts';
import { openPhotoData } from '../../../model/train/data/open-photo-data.ts';
import type { DataOptions, TrainingData } from '../../../model/train/data/training-data.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import { readLabeledImages } from '../finetune/read-labeled-images.ts';

/**
 * Opens labeled images: a folder of class folders, a CSV file, or IDX files.
 * @param test path of images for the final test; IDX folders contain their own
 * @throws {UserError} if a path is none of these, or the two are of different kinds
 */
export async function openData(
  path: string,
  test: string | undefined,
  model: Model,
  options: Omit<DataOptions, 'manifest'>,
): Promise<TrainingData> {
  const { manifest } = model;
  for (const each of test === undefined ? [path] : [path, test]) {
    await access(each, constants.R_OK).catch((cause: unknown) => {
      throw new UserError(`${each} cannot be read: give a folder of class folders, a CSV file or IDX files`, {
        cause,
      });
    });
  }
  const idx = await findIdxFiles(path);
  const idxTest = test === undefined ? undefined : await findIdxFiles(test);
  if (test !== undefined && (idx === undefined) !== (idxTest === undefined)) {
    throw new UserError(`${path} and ${test} must both be IDX files, or both image files`);
  }
  if (idx === undefined) {
    const labeled = await readLabeledImages(path, model, undefined);
    const other =
      test === undefined ? undefined : { path: test, images: await readLabeledImages(test, model, undefined) };
    return openPhotoData(path, labeled, other, { ...options, manifest });
  }
  const tested = idxTest === undefined ? idx.test : (idxTest.test ?? idxTest.train);
  return openIdxData({ train: idx.train, test: tested }, { ...options, manifest });
}
