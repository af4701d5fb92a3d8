import { UserError } from '../failures/user-error.ts';
import { type CropRule, cropsPerImage } from './crop-rule.ts';
import { maxRegionsOf, type RegionsRule } from './regions-rule.ts';

/** What decides how many bytes the crops of an image have. */
interface CropsOfImage {
  readonly crop: { readonly rule: CropRule; readonly width: number; readonly height: number };
  readonly regions?: RegionsRule | undefined;
}

/**
 * Bytes of the crops of one image at most, in a message, in packs or in memory; a thousand regions of 331 × 331 take 0.31 GiB.
 * Limits the memory that one image can request.
 */
export const maxCropBytes = 512 * 2 ** 20;

/** Bytes of crops: a byte for each of three channels. */
export function cropBytes({ count, height, width }: CropCount): number {
  return count * height * width * 3;
}

interface CropCount {
  readonly count: number;
  /** Pixels of each crop. */
  readonly height: number;
  readonly width: number;
}

/** Crops of one image at most: of the whole image and of its regions. */
export function maxCropsPerImage({ crop, regions }: CropsOfImage): number {
  return cropsPerImage[crop.rule] + maxRegionsOf({ regions });
}

/**
 * Checks before any work that the crops of an image fit into the limit.
 * @throws {UserError} if they do not
 */
export function checkCropBytes(preprocess: CropsOfImage): void {
  const { rule, height, width } = preprocess.crop;
  const count = maxCropsPerImage(preprocess);
  const bytes = cropBytes({ count, height, width });
  if (bytes <= maxCropBytes) return;
  const most = Math.floor(maxCropBytes / cropBytes({ count: 1, height, width })) - cropsPerImage[rule];
  const isWithRegions = preprocess.regions !== undefined && most > 0;
  const action = isWithRegions ? `classify at most ${most} regions per image` : 'choose fewer crops per image';
  throw new UserError(
    `${count} crops of ${height}×${width} take ${bytes} bytes per image, over the limit of ${maxCropBytes}: ${action}`,
  );
}
