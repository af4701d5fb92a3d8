import type { Sharp } from 'sharp';
import type { Preprocess } from '../model-manifest.ts';
import { fromPixels, mirrored, resized, rgb, upright } from './upright.ts';
import { cut, fiveWindows, type Part, type Pixels, type Size } from './windows.ts';

/** Sides of the squares in sevenths of the crop: 256, 288, 320 and 352 pixels for crops of 224. */
const sevenths = [8, 9, 10, 11];

/**
 * The 144 crops of "Going deeper with convolutions", section 7: at four scales the three squares along the longer side;
 * of each square its corners, its middle and the whole of it shrunk to the crop; and the mirror image of each.
 * The squares are cut out before they are resized, not after, so that a strip of 1 × 30,000 pixels costs no more than
 * another image.
 *
 * @param size of the upright image
 */
export async function multiscaleCrops(image: Sharp, rule: Preprocess, size: Size): Promise<Buffer> {
  const crops: Buffer[] = [];
  for (const scale of sevenths) {
    const target = { width: scaled(rule.crop.width, scale), height: scaled(rule.crop.height, scale) };
    for (const square of squares(size)) {
      const pixels = await rgb(resized(upright(image, rule, square), target, 'warp'));
      for (const view of [pixels, await mirrored(pixels)]) crops.push(...(await sixCrops(view, rule.crop)));
    }
  }
  return Buffer.concat(crops);
}

async function sixCrops(square: Pixels, crop: Size): Promise<Buffer[]> {
  const whole = await rgb(resized(fromPixels(square), crop, 'warp'));
  return [cut(square, fiveWindows(square, crop), crop), whole.data];
}

/** Left, middle and right of a wide image; top, middle and bottom of a high one. */
function squares({ width, height }: Size): Part[] {
  const side = Math.min(width, height);
  return [0, 0.5, 1].map((place) => ({
    left: Math.floor((width - side) * place),
    top: Math.floor((height - side) * place),
    width: side,
    height: side,
  }));
}

function scaled(pixels: number, scale: number): number {
  return Math.round((pixels * scale) / 7);
}
