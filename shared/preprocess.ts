import sharp from 'sharp';
import { type DecodeLimits, identify } from './decode.ts';
import { diagnose } from './diagnose.ts';
import { Failure } from './failure.ts';
import type { Preprocess } from './model-manifest.ts';

/** A decoded, upright, resized and cropped image, its mean not yet subtracted. */
export interface Crop {
  /** height × width × 3 bytes, RGB interleaved. */
  readonly pixels: Uint8Array;
  /** Of the upright original, pixels. */
  readonly width: number;
  readonly height: number;
  /** Of the content: `jpeg`, `png`, `webp`, `avif`, `tiff` or `gif`. */
  readonly format: string;
}

/**
 * Turns the bytes of an image file into the crop that a model asks for: upright by its EXIF orientation, in sRGB by its
 * embedded profile, transparency laid on the background, resized and cropped by the rule. The first frame of several.
 * @throws {Failure} for a fault of the content; never for anything that may pass.
 */
export async function preprocess(bytes: Uint8Array, rule: Preprocess, limits: DecodeLimits): Promise<Crop> {
  const { image, width, height, format } = await identify(bytes, limits);
  const { resize, crop, background } = rule;
  const [r, g, b] = background;
  const pixels = await image
    .autoOrient()
    .flatten({ background: { r, g, b } })
    .resize(resize.width, resize.height, { fit: resize.rule === 'warp' ? 'fill' : 'cover' })
    .extract({
      left: (resize.width - crop.width) >> 1,
      top: (resize.height - crop.height) >> 1,
      width: crop.width,
      height: crop.height,
    })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer()
    .catch(async (cause: unknown) => {
      throw await diagnose(bytes, cause);
    });
  const expected = crop.width * crop.height * 3;
  if (pixels.byteLength !== expected) {
    throw new Failure('corrupt', `expected ${expected} bytes of RGB after decoding, got ${pixels.byteLength}`);
  }
  return { pixels, width, height, format };
}

// Many images at once, one thread each, keep the cores busier than one image on many threads; and no image is seen
// twice, so a cache of decoded tiles only holds memory.
sharp.concurrency(1);
sharp.cache(false);
