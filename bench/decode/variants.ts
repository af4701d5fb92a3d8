import sharp, { type Sharp } from 'sharp';
import type { Preprocess } from '../../shared/models/model-manifest.ts';

/** Ways to come from a file to the resized image, by how much the decoder may shrink while it decodes. */
export const variants = {
  /** Every pixel is decoded; an extract of the whole image before the resize keeps sharp from anything else. */
  'full decode': (image: Sharp, { width, height }: Sides, to: Sides) =>
    image.extract({ left: 0, top: 0, width, height }).resize(to.width, to.height, { fit: 'fill' }),
  /** A JPEG is decoded at 1/2, 1/4 or 1/8 so that the resize has at least a factor of two left; WebP whole. */
  'fastShrinkOnLoad: false': (image: Sharp, _: Sides, to: Sides) =>
    image.resize(to.width, to.height, { fit: 'fill', fastShrinkOnLoad: false }),
  /** A JPEG is decoded as small as possible, a WebP at the size wanted. */
  default: (image: Sharp, _: Sides, to: Sides) => image.resize(to.width, to.height, { fit: 'fill' }),
} as const;

export type Variant = keyof typeof variants;

interface Sides {
  readonly width: number;
  readonly height: number;
}

/** The crop in the middle of the warped image, as `centerCrop` makes it but for how the file is decoded. */
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
