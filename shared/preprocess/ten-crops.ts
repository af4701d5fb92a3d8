import type { Sharp } from 'sharp';
import type { Preprocess } from '../model-manifest.ts';
import { mirrored, resized, rgb, upright } from './upright.ts';
import { cut, fiveWindows } from './windows.ts';

/** The corners and the middle of the resized image, then the same of its mirror image. */
export async function tenCrops(image: Sharp, rule: Preprocess): Promise<Buffer> {
  const { resize, crop } = rule;
  const whole = await rgb(resized(upright(image, rule), resize, resize.rule));
  const windows = fiveWindows(whole, crop);
  return Buffer.concat([cut(whole, windows, crop), cut(await mirrored(whole), windows, crop)]);
}
