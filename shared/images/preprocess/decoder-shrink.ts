import type { Preprocess } from '../../models/model-manifest.ts';
import type { UprightImage } from './windows.ts';

/** What the decoder of JPEG can divide width and height by, in place of decoding all pixels. */
const divisors = [8, 4, 2] as const;

/** How many times as wide and as high as the resized image the decoded one stays at least. */
const leastReduction = 2;

/**
 * What the decoder divides the width and height of an image by, rounded up to whole pixels: 1, or by the rule `scaled`
 * for a JPEG the largest d of 2, 4 and 8 with
 *
 *     min(width ÷ resized width, height ÷ resized height) ≥ 2 · d
 *
 * The decoder averages d × d pixels (jidctred.c of libjpeg-turbo), which the resize of libvips does too until it has twice
 * the size to reach. What differs is rounding, colors that are stored in half the resolution, and the place of odd edges.
 */
export function decoderShrink(
  { decode, resize }: Pick<Preprocess, 'decode' | 'resize'>,
  { width, height, format }: UprightImage,
): 1 | 2 | 4 | 8 {
  if (decode !== 'scaled' || format !== 'jpeg') return 1;
  const reduction = Math.min(width / resize.width, height / resize.height);
  return divisors.find((divisor) => reduction >= leastReduction * divisor) ?? 1;
}
