import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Preprocess } from '../../shared/models/model-manifest.ts';
import { countReasons, cropPhoto, describeSkipped, listFolder, type SkippedFiles } from '../verify/photo-folder.ts';

export interface CalibrationCrops {
  /** uint8 [height, width, 3] each. */
  readonly crops: readonly Uint8Array[];
  /** Other images, for a comparison; empty only if a single image can be read. */
  readonly heldOut: readonly Uint8Array[];
  /** Files that could not be read as images, by reason. */
  readonly leftOut: SkippedFiles;
}

/** Share of a small folder that is held out. */
const heldOutShare = 0.2;

/**
 * Reads crops of at most `max` images below a folder, evenly spaced over its files, and holds out at most as many others. In a
 * small folder, a fifth is held out.
 * @throws {UserError} when the folder is missing or contains no readable image
 */
export async function readCalibrationCrops(folder: string, rule: Preprocess, max: number): Promise<CalibrationCrops> {
  const files = await listFolder(folder);
  const crops: Uint8Array[] = [];
  const reasons: string[] = [];
  const count = Math.min(max, Math.max(1, Math.floor(files.length * (1 - heldOutShare))));
  const picked = new Set(evenly(files, count));
  const others = files.filter((file) => !picked.has(file));
  const candidates = [...picked, ...evenly(others, max)];
  // Later files replace picked files that cannot be read.
  for (const file of [...candidates, ...others.filter((file) => !candidates.includes(file))]) {
    if (crops.length === count + Math.min(max, others.length)) break;
    const crop = await cropPhoto(file, rule);
    if (crop instanceof Failure) reasons.push(crop.reason);
    else crops.push(crop);
  }
  const leftOut = countReasons(reasons);
  if (crops.length > 0) return { ...holdOut(crops, count), leftOut };
  throw new UserError(
    `no calibration images in ${folder}: ${describeSkipped(leftOut) ?? 'the folder is empty'}; give a folder of images`,
  );
}

/** The first `count` images calibrate, or fewer if none would be left. */
function holdOut(crops: readonly Uint8Array[], count: number): Pick<CalibrationCrops, 'crops' | 'heldOut'> {
  const most = Math.max(1, Math.floor(crops.length * (1 - heldOutShare)));
  const calibrating = Math.min(count, most);
  return { crops: crops.slice(0, calibrating), heldOut: crops.slice(calibrating) };
}

function evenly<T>(items: readonly T[], max: number): T[] {
  if (items.length <= max) return [...items];
  return items.filter(
    (_, index) => Math.floor((index * max) / items.length) !== Math.floor(((index - 1) * max) / items.length),
  );
}
