import { UserError } from '../failures/user-error.ts';
import { tensorBytes } from '../images/crop-tensor.ts';
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
  const bytes = tensorBytes({ count, height, width });
  if (bytes <= maxCropBytes) return;
  const most = Math.floor(maxCropBytes / tensorBytes({ count: 1, height, width })) - cropsPerImage[rule];
  const isWithRegions = preprocess.regions !== undefined && most > 0;
  const action = isWithRegions ? `classify at most ${most} regions per image` : 'choose fewer crops per image';
  throw new UserError(
    `${count} crops of ${height}×${width} take ${bytes} bytes per image, over the limit of ${maxCropBytes}: ${action}`,
  );
}
