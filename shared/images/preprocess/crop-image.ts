import sharp from 'sharp';
import { Failure } from '../../failures/failure.ts';
import { type CropRule, cropsPerImage } from '../../models/crop-rule.ts';
import type { Preprocess } from '../../models/model-manifest.ts';
import { type CropTensor, tensorBytes } from '../crop-tensor.ts';
import { type DecodeMemory, headerBytes, unboundedMemory } from '../decode/decode-memory.ts';
import { diagnose, isHarmlessJpegWarning, isMissingJpegData, truncatedFailure } from '../decode/diagnose.ts';
import { type DecodeLimits, type IdentifiedImage, identify } from '../decode/identify.ts';
import { centerCrop } from './center-crop.ts';
import { correctPixels } from './correct-pixels.ts';
import type { OpenImage } from './image-steps.ts';
import { keptImageBytes, multiscaleCrops } from './multiscale-crops.ts';
import { tenCrops } from './ten-crops.ts';
import type { Size } from './windows.ts';

/** The network inputs cut from one image. */
export interface CroppedImage {
  readonly tensor: CropTensor;
  /** Of the upright original, pixels. */
  readonly width: number;
  readonly height: number;
  /** Of the content: `jpeg`, `png`, `webp`, `avif`, `tiff` or `gif`. */
  readonly format: string;
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
 * Running out of memory looks like damage unless the decoder's error text mentions it, and libvips may give that text to
 * another image's thread. So an image that seems corrupt is decoded once more, alone. Then the decoder's text is this
 * image's: a JPEG with a warning about missing data is truncated, and with a harmless one it is decoded once more.
 *
 * @param accept called with the image before its pixels are decoded; may throw to prevent it
 * @throws {Failure} for a fault of the content; `too_many_pixels` if decoding needs more memory than the budget;
 * `internal` if memory ran out
 */
export async function cropImage(
  bytes: Uint8Array,
  rule: Preprocess,
  limits: DecodeLimits,
  memory: DecodeMemory = unboundedMemory,
  accept: (image: IdentifiedImage) => void = () => {},
): Promise<CroppedImage> {
  try {
    return await decodeAndCrop(bytes, rule, limits, memory, accept, 'fail');
  } catch (error) {
    if (!(error instanceof Failure) || error.reason !== 'corrupt') throw error;
    return memory.alone(() => cropAlone(bytes, rule, limits, { ...unboundedMemory, bytes: memory.bytes }, accept));
  }
}

async function cropAlone(
  bytes: Uint8Array,
  rule: Preprocess,
  limits: DecodeLimits,
  memory: DecodeMemory,
  accept: (image: IdentifiedImage) => void,
): Promise<CroppedImage> {
  try {
    return await decodeAndCrop(bytes, rule, limits, memory, accept, 'fail');
  } catch (error) {
    if (!(error instanceof Failure) || error.reason !== 'corrupt' || !isJpeg(bytes)) throw error;
    if (isMissingJpegData(error.cause)) throw truncatedFailure(bytes, 'image/jpeg', error.cause);
    if (!isHarmlessJpegWarning(error.cause)) throw error;
    return await decodeAndCrop(bytes, rule, limits, memory, accept, 'ignore');
  }
}

function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8;
}

async function decodeAndCrop(
  bytes: Uint8Array,
  rule: Preprocess,
  limits: DecodeLimits,
  memory: DecodeMemory,
  accept: (image: IdentifiedImage) => void,
  warnings: 'fail' | 'ignore',
): Promise<CroppedImage> {
  const identified = await memory.hold(headerBytes, () => identify(bytes, limits, warnings));
  accept(identified);
  const { width, height, format, decodeMemoryBytes } = identified;
  const { crop, scale, mean } = rule;
  const layout = { count: cropsPerImage[crop.rule], height: crop.height, width: crop.width, scale, zeroPoint: mean };
  const expected = tensorBytes(layout);
  const needed =
    decodeMemoryBytes + 2 * expected + (crop.rule === 'multiscale' ? keptImageBytes({ width, height }) : 0);
  if (needed > memory.bytes) throw memoryFailure(memory, identified, needed);
  const pixels = await memory.hold(needed, async () => {
    try {
      await identified.checkPixels();
      return await croppers[crop.rule](await correctPixels(identified, rule.background), rule, { width, height });
    } catch (cause) {
      throw cause instanceof Failure ? cause : await diagnose(bytes, cause);
    }
  });
  if (pixels.byteLength !== expected) {
    throw new Failure('corrupt', `expected ${expected} bytes of RGB after decoding, got ${pixels.byteLength}`);
  }
  return { tensor: { ...layout, pixels }, width, height, format };
}

function memoryFailure(memory: DecodeMemory, { width, height, format }: IdentifiedImage, needed: number): Failure {
  const [budget, required] = [memory.bytes, needed].map((bytes) => Math.ceil(bytes / 2 ** 20));
  return new Failure(
    'too_many_pixels',
    `decoding ${width}×${height} pixels of ${format} needs ${required} MiB of memory, the limit is ${budget} MiB`,
  );
}

// Many images at once on one thread each keep the cores busier than one image on many threads. Each image is decoded once,
// so a cache of decoded tiles would only use memory.
sharp.concurrency(1);
sharp.cache(false);
