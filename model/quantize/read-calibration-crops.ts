import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Preprocess } from '../../shared/models/model-manifest.ts';
import { countReasons, cropPhoto, describeSkipped, listFolder, type SkippedFiles } from '../verify/photo-folder.ts';

export interface CalibrationCrops {
  /** uint8 [height, width, 3] each. */
  readonly crops: readonly Uint8Array[];
  /** Files that could not be read as images, by reason. */
  readonly leftOut: SkippedFiles;
}

/**
 * Reads crops of at most `max` images below a folder, evenly spaced over its files.
 * @throws {UserError} when the folder is missing or contains no readable image
 */
export async function readCalibrationCrops(folder: string, rule: Preprocess, max: number): Promise<CalibrationCrops> {
  const files = await listFolder(folder);
  const crops: Uint8Array[] = [];
  const reasons: string[] = [];
  const picked = new Set(evenly(files, max));
  // The files in between replace picked files that cannot be read.
  for (const file of [...picked, ...files.filter((file) => !picked.has(file))]) {
    if (crops.length === max) break;
    const crop = await cropPhoto(file, rule);
    if (crop instanceof Failure) reasons.push(crop.reason);
    else crops.push(crop);
  }
  const leftOut = countReasons(reasons);
  if (crops.length > 0) return { crops, leftOut };
  throw new UserError(
    `no calibration images in ${folder}: ${describeSkipped(leftOut) ?? 'the folder is empty'}; give a folder of images`,
  );
}

function evenly<T>(items: readonly T[], max: number): T[] {
  if (items.length <= max) return [...items];
  return items.filter(
    (_, index) => Math.floor((index * max) / items.length) !== Math.floor(((index - 1) * max) / items.length),
  );
}
