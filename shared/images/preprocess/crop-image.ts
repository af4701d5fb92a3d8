import { Failure } from '../../failures/failure.ts';
import { type CropRule, cropsPerImage } from '../../models/crop-rule.ts';
import { cropBytes } from '../../models/crops-of-image.ts';
import type { Preprocess } from '../../models/model-manifest.ts';
import { maxRegionsOf } from '../../models/regions-rule.ts';
import { cuttingBytes } from '../../regions/cut-regions.ts';
import { type FoundRegions, findRegions, type RegionSearch } from '../../regions/find-regions.ts';
import type { CropTensor } from '../crop-tensor.ts';
import type { DecodeMemory } from '../decode/decode-memory.ts';
import type { DecodeLimits, IdentifiedImage } from '../decode/identify.ts';
import { centerCrop } from './center-crop.ts';
import { type DecodedImage, decodeImage } from './decode-image.ts';
import { decoderShrink } from './decoder-shrink.ts';
import { fromPixels, type OpenImage } from './image-steps.ts';
import { keptImageBytes, multiscaleCrops } from './multiscale-crops.ts';
import { tenCrops } from './ten-crops.ts';
import { keptSize, pictureOf, uprightPixels } from './upright-pixels.ts';
import type { Size, UprightImage } from './windows.ts';

/** The network inputs cut from one image. */
export interface CroppedImage extends Omit<DecodedImage<never>, 'result'> {
  readonly tensor: CropTensor;
  /** Present, even if there are none, if the rule asks for regions. */
  readonly regions?: FoundRegions;
}

/** Proposes and cuts out regions, here or in another thread. */
export type RegionFinder = (search: RegionSearch) => Promise<FoundRegions>;

const croppers: Readonly<
  Record<CropRule, (open: OpenImage, rule: Preprocess, image: UprightImage) => Promise<Buffer>>
> = {
  center: centerCrop,
  ten: tenCrops,
  multiscale: multiscaleCrops,
};

/**
 * Turns the bytes of an image file into a model's crops: identifies the format, decodes the first frame, turns it upright
 * by its EXIF orientation, converts it to sRGB by its embedded profile, flattens transparency onto the background, resizes
 * and crops.
 *
 * @param accept called with the image before its pixels are decoded; may throw to prevent it
 * @param find runs where the image has regions to find. Default: in this thread
 * @throws {Failure} as `decodeImage` does
 */
export async function cropImage(
  bytes: Uint8Array,
  rule: Preprocess,
  limits: DecodeLimits,
  memory?: DecodeMemory,
  accept?: (image: IdentifiedImage) => void,
  find: RegionFinder = async (search) => findRegions(search),
): Promise<CroppedImage> {
  const { crop, scale, mean, background } = rule;
  const layout = { count: cropsPerImage[crop.rule], height: crop.height, width: crop.width, scale, zeroPoint: mean };
  const expected = cropBytes(layout);
  const work = {
    background,
    memoryBytes: (size: Size) =>
      2 * expected + (crop.rule === 'multiscale' ? keptImageBytes(size) : 0) + regionBytes(size, rule),
    run: async (open: OpenImage, image: UprightImage) => {
      if (rule.regions) return cropWithRegions(open, rule, image, find);
      return { pixels: await croppers[crop.rule](open, rule, image) };
    },
  };
  const { result, ...image } = await decodeImage(bytes, work, { limits, memory, accept });
  const { pixels, ...regions } = result;
  if (pixels.byteLength !== expected) {
    throw new Failure('corrupt', `expected ${expected} bytes of RGB after decoding, got ${pixels.byteLength}`);
  }
  return { tensor: { ...layout, pixels }, ...regions, ...image };
}

/**
 * Decodes an image once for its own crops and those of its regions; twice if it is too large to be kept, has more than 8 bits
 * per channel, or is shrunk by its decoder: resized from kept pixels, its own crops would differ from those without regions.
 * Regions are always cut from exact pixels: most are small parts of the image.
 */
async function cropWithRegions(open: OpenImage, rule: Preprocess, image: UprightImage, find: RegionFinder) {
  const { crop, mean } = rule;
  const kept = await uprightPixels(open, rule.background, image);
  const isWhole = kept.width === image.width && kept.height === image.height;
  const isExact = isWhole && decoderShrink(rule, image) === 1 && (await open().metadata()).depth === 'uchar';
  const pixels = await croppers[crop.rule](isExact ? () => fromPixels(kept) : open, rule, image);
  const regions = await find({
    picture: await pictureOf(kept, image),
    image: { pixels: kept.data, width: kept.width, height: kept.height },
    original: image,
    crop: { width: crop.width, height: crop.height, mean },
    max: maxRegionsOf(rule),
  });
  return { pixels, regions };
}

/** What proposing regions takes for the picture in which they are searched. */
const proposalBytes = 32 * 2 ** 20;

/** The kept image, a copy of it for another thread, smaller copies to cut from, and the crops. */
function regionBytes(size: Size, { crop, regions }: Preprocess): number {
  if (regions === undefined) return 0;
  const kept = keptSize(size);
  const crops = cropBytes({ count: regions.maximum, height: crop.height, width: crop.width });
  return 2 * kept.width * kept.height * 3 + cuttingBytes(kept, crop) + proposalBytes + crops;
}
