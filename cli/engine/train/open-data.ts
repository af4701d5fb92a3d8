import { access, constants } from 'node:fs/promises';
import { findIdxFiles } from '../../../model/train/data/idx.ts';
import { openIdxData } from '../../../model/train/data/open-idx-data.ts';
import { openPhotoData } from '../../../model/train/data/open-photo-data.ts';
import type { DataOptions, TrainingData } from '../../../model/train/data/training-data.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import { readLabeledImages } from '../finetune/read-labeled-images.ts';

/**
 * Labelled images of a folder of class folders, a CSV file, or IDX files.
 * @param test another place, of images that training never sees; IDX folders have their own
 * @throws {UserError} when a place cannot be read as any of these, or the two are of different kinds
 */
export async function openData(
  place: string,
  test: string | undefined,
  model: Model,
  options: Omit<DataOptions, 'manifest'>,
): Promise<TrainingData> {
  const { manifest } = model;
  for (const path of test === undefined ? [place] : [place, test]) {
    await access(path, constants.R_OK).catch((cause: unknown) => {
      throw new UserError(`${path} cannot be read: expected a folder of class folders, a CSV file or IDX files`, {
        cause,
      });
    });
  }
  const idx = await findIdxFiles(place);
  const idxTest = test === undefined ? undefined : await findIdxFiles(test);
  if (test !== undefined && (idx === undefined) !== (idxTest === undefined)) {
    throw new UserError(`expected ${place} and ${test} to be of one kind: IDX files, or image files`);
  }
  if (idx === undefined) {
    const labelled = await readLabeledImages(place, model, undefined);
    const other =
      test === undefined ? undefined : { path: test, images: await readLabeledImages(test, model, undefined) };
    return openPhotoData(place, labelled, other, { ...options, manifest });
  }
  const tested = idxTest === undefined ? idx.test : (idxTest.test ?? idxTest.train);
  return openIdxData({ train: idx.train, test: tested }, { ...options, manifest });
}
