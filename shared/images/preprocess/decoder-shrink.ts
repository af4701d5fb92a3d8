import type { Preprocess } from '../../models/model-manifest.ts';
import type { UprightImage } from './windows.ts';

/** What the decoder of JPEG can divide width and height by, in place of decoding all pixels. */
const divisors = [8, 4, 2] as const;

/** How many times as wide and as high as the resized image the decoded one stays at least. */
const leastReduction = 2;

/**
 * What the decoder divides the width and height of an image by: 1, or by the rule `scaled` for a JPEG the largest d of 2, 4 and
 * 8 with
 *
 *     min(width ÷ resized width, height ÷ resized height) ≥ 2 · d
 *
 * if d divides both width and height. Other sides would be rounded down, so that the picture were stretched: 3 of 2831 pixels
 * change more than everything else. Sides of cameras are multiples of 8.
 *
 * The decoder averages d × d pixels (jidctred.c of libjpeg-turbo), as the resize of libvips does first, until twice its size is
 * left. What differs is rounding, and colors that are stored in half the resolution.
 */
export function decoderShrink(
  { decode, resize }: Pick<Preprocess, 'decode' | 'resize'>,
  { width, height, format }: UprightImage,
): 1 | 2 | 4 | 8 {
  if (decode !== 'scaled' || format !== 'jpeg') return 1;
  const reduction = Math.min(width / resize.width, height / resize.height);
  // The largest alone: sharp takes it where it shrinks at all.
  const divisor = divisors.find((each) => reduction >= leastReduction * each) ?? 1;
  return width % divisor === 0 && height % divisor === 0 ? divisor : 1;
}
