import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Preprocess } from '../../shared/models/model-manifest.ts';
import { countReasons, cropPhoto, describeSkipped, listFolder, type SkippedFiles } from '../verify/photo-folder.ts';

export interface CalibrationCrops {
  /** Images, uint8 [height, width, 3] each. */
  readonly crops: readonly Uint8Array[];
  /** Files that were no images. */
  readonly leftOut: SkippedFiles;
}

/**
 * Crops of the images below a folder, picked evenly where there are more than `most`.
 * @throws {UserError} when the folder is missing, or holds no image
 */
export async function readCalibrationCrops(folder: string, rule: Preprocess, most: number): Promise<CalibrationCrops> {
  const files = await listFolder(folder);
  const crops: Uint8Array[] = [];
  const reasons: string[] = [];
  const picked = new Set(evenly(files, most));
  // Those between come in where one that was picked is no image.
  for (const file of [...picked, ...files.filter((file) => !picked.has(file))]) {
    if (crops.length === most) break;
    const crop = await cropPhoto(file, rule);
    if (crop instanceof Failure) reasons.push(crop.reason);
    else crops.push(crop);
  }
  const leftOut = countReasons(reasons);
  if (crops.length > 0) return { crops, leftOut };
  throw new UserError(
    `expected images in ${folder} to calibrate with, got none: ${describeSkipped(leftOut) ?? 'the folder is empty'}`,
  );
}

function evenly<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return items.filter(
    (_, index) => Math.floor((index * most) / items.length) !== Math.floor(((index - 1) * most) / items.length),
  );
}
