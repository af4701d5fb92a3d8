import type { Preprocess } from '../../models/model-manifest.ts';
import { mirror, type OpenImage, resizeTo, toRgb, uprightRegion, wholeImage } from './image-steps.ts';
import { cutWindows, fiveWindows, type Size } from './windows.ts';

/** The corners and the center of the resized image, then the same of its mirror image. */
export async function tenCrops(open: OpenImage, rule: Preprocess, size: Size): Promise<Buffer> {
  const { resize, crop } = rule;
  const pixels = await toRgb(resizeTo(uprightRegion(open(), rule, wholeImage(size)), resize, resize.rule));
  const windows = fiveWindows(pixels, crop);
  return Buffer.concat([cutWindows(pixels, windows, crop), cutWindows(await mirror(pixels), windows, crop)]);
}
