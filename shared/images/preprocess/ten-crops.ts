import type { Preprocess } from '../../models/model-manifest.ts';
import { mirrored, type Open, resized, rgb, upright, whole } from './upright.ts';
import { cut, fiveWindows, type Size } from './windows.ts';

/** The corners and the middle of the resized image, then the same of its mirror image. */
export async function tenCrops(open: Open, rule: Preprocess, size: Size): Promise<Buffer> {
  const { resize, crop } = rule;
  const pixels = await rgb(resized(upright(open(), rule, whole(size)), resize, resize.rule));
  const windows = fiveWindows(pixels, crop);
  return Buffer.concat([cut(pixels, windows, crop), cut(await mirrored(pixels), windows, crop)]);
}
