import type { Preprocess } from '../../models/model-manifest.ts';
import { type OpenImage, resizedWhole, toRgb } from './image-steps.ts';
import { centerWindow, cutWindows, type UprightImage } from './windows.ts';

/** The center of the resized image. */
export async function centerCrop(open: OpenImage, rule: Preprocess, image: UprightImage): Promise<Buffer> {
  const { crop } = rule;
  const pixels = await toRgb(resizedWhole(open, rule, image));
  return cutWindows(pixels, [centerWindow(pixels, crop)], crop);
}
