import sharp, { type Sharp } from 'sharp';
import type { Preprocess } from '../../shared/models/model-manifest.ts';

/** Ways to decode and resize a file, by how much the decoder may shrink the image. */
export const variants = {
  /** Decodes every pixel: extracting the whole image before the resize disables shrink-on-load in sharp. */
  'full decode': (image: Sharp, { width, height }: Sides, to: Sides) =>
    image.extract({ left: 0, top: 0, width, height }).resize(to.width, to.height, { fit: 'fill' }),
  /** Decodes a JPEG at 1/2, 1/4 or 1/8, leaving at least a factor of two to the resize; WebP at full size. */
  'fastShrinkOnLoad: false': (image: Sharp, _: Sides, to: Sides) =>
    image.resize(to.width, to.height, { fit: 'fill', fastShrinkOnLoad: false }),
  /** Decodes a JPEG as small as possible, a WebP at the target size. */
  default: (image: Sharp, _: Sides, to: Sides) => image.resize(to.width, to.height, { fit: 'fill' }),
} as const;

export type Variant = keyof typeof variants;

interface Sides {
  readonly width: number;
  readonly height: number;
}

/** The center crop of the warped image, as `cropImage` makes it except for the decoding. */
export async function cropBy(variant: Variant, bytes: Uint8Array, { resize, crop }: Preprocess): Promise<Uint8Array> {
  const image = sharp(bytes, { failOn: 'error' });
  const { autoOrient } = await image.metadata();
  return variants[variant](image.autoOrient(), autoOrient, resize)
    .extract({
      left: (resize.width - crop.width) >> 1,
      top: (resize.height - crop.height) >> 1,
      width: crop.width,
      height: crop.height,
    })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer();
}
