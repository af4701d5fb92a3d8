import { Failure } from '../../failures/failure.ts';
import { type CropRule, cropsPerImage } from '../../models/crop-rule.ts';
import type { Preprocess } from '../../models/model-manifest.ts';
import { type CropTensor, tensorBytes } from '../crop-tensor.ts';
import type { DecodeMemory } from '../decode/decode-memory.ts';
import type { DecodeLimits, IdentifiedImage } from '../decode/identify.ts';
import { centerCrop } from './center-crop.ts';
import { type DecodedImage, decodeImage } from './decode-image.ts';
import type { OpenImage } from './image-steps.ts';
import { keptImageBytes, multiscaleCrops } from './multiscale-crops.ts';
import { tenCrops } from './ten-crops.ts';
import type { Size } from './windows.ts';

/** The network inputs cut from one image. */
export interface CroppedImage extends Omit<DecodedImage<never>, 'result'> {
  readonly tensor: CropTensor;
}

const croppers: Readonly<Record<CropRule, (open: OpenImage, rule: Preprocess, size: Size) => Promise<Buffer>>> = {
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
 * @throws {Failure} as `decodeImage` does
 */
export async function cropImage(
  bytes: Uint8Array,
  rule: Preprocess,
  limits: DecodeLimits,
  memory?: DecodeMemory,
  accept?: (image: IdentifiedImage) => void,
): Promise<CroppedImage> {
  const { crop, scale, mean, background } = rule;
  const layout = { count: cropsPerImage[crop.rule], height: crop.height, width: crop.width, scale, zeroPoint: mean };
  const expected = tensorBytes(layout);
  const work = {
    background,
    memoryBytes: (size: Size) => 2 * expected + (crop.rule === 'multiscale' ? keptImageBytes(size) : 0),
    run: (open: OpenImage, size: Size) => croppers[crop.rule](open, rule, size),
  };
  const { result: pixels, ...image } = await decodeImage(bytes, work, { limits, memory, accept });
  if (pixels.byteLength !== expected) {
    throw new Failure('corrupt', `expected ${expected} bytes of RGB after decoding, got ${pixels.byteLength}`);
  }
  return { tensor: { ...layout, pixels }, ...image };
}
