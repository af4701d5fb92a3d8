import sharp from 'sharp';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import { type Preprocess, preprocessWithDecodeRule } from '../../shared/models/model-manifest.ts';

/** Ways to decode and resize a file: the decode rules, and what sharp does by default. */
export const variants = {
  exact: (bytes, rule) => pixelsOf(bytes, preprocessWithDecodeRule(rule, 'exact')),
  scaled: (bytes, rule) => pixelsOf(bytes, preprocessWithDecodeRule(rule, 'scaled')),
  /** Lets the decoder shrink further, as near to the resized image as a half to a third. */
  "sharp's default": (bytes, { resize, crop }) =>
    sharp(bytes)
      .autoOrient()
      .resize(resize.width, resize.height, { fit: resize.rule === 'warp' ? 'fill' : 'cover' })
      .extract({
        left: (resize.width - crop.width) >> 1,
        top: (resize.height - crop.height) >> 1,
        width: crop.width,
        height: crop.height,
      })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer(),
} as const satisfies Record<string, (bytes: Uint8Array, rule: Preprocess) => Promise<Uint8Array>>;

export type Variant = keyof typeof variants;

/** The center crop. */
export function cropBy(variant: Variant, bytes: Uint8Array, rule: Preprocess): Promise<Uint8Array> {
  return variants[variant](bytes, rule);
}

async function pixelsOf(bytes: Uint8Array, rule: Preprocess): Promise<Uint8Array> {
  return (await cropImage(bytes, rule, defaultDecodeLimits)).tensor.pixels;
}
