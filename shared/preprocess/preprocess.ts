import sharp from 'sharp';
import { diagnose } from '../decode/diagnose.ts';
import { type DecodeLimits, identify } from '../decode/identify.ts';
import { Failure } from '../failure.ts';
import { type CropRule, cropCounts, type Preprocess } from '../model-manifest.ts';
import { centerCrop } from './center-crop.ts';
import { multiscaleCrops } from './multiscale-crops.ts';
import { tenCrops } from './ten-crops.ts';
import type { Open } from './upright.ts';
import type { Size } from './windows.ts';

/** The crops of a decoded, upright, resized image, its mean not yet subtracted. */
export interface Crops {
  /** How many, see `cropCounts`. */
  readonly count: number;
  /** count × height × width × 3 bytes, RGB interleaved. */
  readonly pixels: Uint8Array;
  /** Of the upright original, pixels. */
  readonly width: number;
  readonly height: number;
  /** Of the content: `jpeg`, `png`, `webp`, `avif`, `tiff` or `gif`. */
  readonly format: string;
}

const cutters: Readonly<Record<CropRule, (open: Open, rule: Preprocess, size: Size) => Promise<Buffer>>> = {
  center: centerCrop,
  ten: tenCrops,
  multiscale: multiscaleCrops,
};

/**
 * Turns the bytes of an image file into the crops that a model asks for: upright by its EXIF orientation, in sRGB by its
 * embedded profile, transparency laid on the background, resized and cropped by the rule. The first frame of several.
 * @throws {Failure} for a fault of the content; never for anything that may pass.
 */
export async function preprocess(bytes: Uint8Array, rule: Preprocess, limits: DecodeLimits): Promise<Crops> {
  const { open, width, height, format } = await identify(bytes, limits);
  const { crop } = rule;
  const count = cropCounts[crop.rule];
  const pixels = await cutters[crop.rule](open, rule, { width, height }).catch(async (cause: unknown) => {
    throw cause instanceof Failure ? cause : await diagnose(bytes, cause);
  });
  const expected = count * crop.width * crop.height * 3;
  if (pixels.byteLength !== expected) {
    throw new Failure('corrupt', `expected ${expected} bytes of RGB after decoding, got ${pixels.byteLength}`);
  }
  return { count, pixels, width, height, format };
}

// Many images at once, one thread each, keep the cores busier than one image on many threads; and no image is seen
// twice, so a cache of decoded tiles only holds memory.
sharp.concurrency(1);
sharp.cache(false);
