import type { Preprocess } from '../../models/model-manifest.ts';
import { mirror, type OpenImage, resizedWhole, toRgb } from './image-steps.ts';
import { cutWindows, fiveWindows, type UprightImage } from './windows.ts';

/** The corners and the center of the resized image, then the same of its mirror image. */
export async function tenCrops(open: OpenImage, rule: Preprocess, image: UprightImage): Promise<Buffer> {
  const { crop } = rule;
  const pixels = await toRgb(resizedWhole(open, rule, image));
  const windows = fiveWindows(pixels, crop);
  return Buffer.concat([cutWindows(pixels, windows, crop), cutWindows(await mirror(pixels), windows, crop)]);
}
