import type { Sharp } from 'sharp';
import type { Preprocess } from '../../models/model-manifest.ts';
import { fromPixels, mirrored, type Open, resized, rgb, upright, whole } from './upright.ts';
import { cut, fiveWindows, type Part, type Pixels, type Size } from './windows.ts';

/** Sides of the squares in sevenths of the crop: 256, 288, 320 and 352 pixels for crops of 224. */
const sevenths = [8, 9, 10, 11];

/** A picture of more is decoded for every square anew rather than kept: 100 MB. */
const mostKeptPixels = 2 ** 25;

/**
 * The 144 crops of "Going deeper with convolutions", section 7: at four scales the three squares along the longer side;
 * of each square its corners, its middle and the whole of it shrunk to the crop; and the mirror image of each.
 * The squares are cut out before they are resized, not after, so that a strip of 1 × 30,000 pixels costs no more than
 * another image.
 *
 * @param size of the upright image
 */
export async function multiscaleCrops(open: Open, rule: Preprocess, size: Size): Promise<Buffer> {
  const cutOut = await squareCutter(open, rule, size);
  const crops: Buffer[] = [];
  for (const scale of sevenths) {
    const target = { width: scaled(rule.crop.width, scale), height: scaled(rule.crop.height, scale) };
    let [last, own]: [Part | undefined, Buffer[]] = [undefined, []];
    for (const square of squares(size)) {
      // Of a square image the three are one.
      if (last?.left !== square.left || last.top !== square.top) {
        const pixels = await rgb(resized(cutOut(square), target, 'warp'));
        own = [...(await sixCrops(pixels, rule.crop)), ...(await sixCrops(await mirrored(pixels), rule.crop))];
      }
      last = square;
      crops.push(...own);
    }
  }
  return Buffer.concat(crops);
}

/** Bytes of the picture that the squares are cut out of, where it is kept. */
export function keptBytes({ width, height }: Size): number {
  return width * height <= mostKeptPixels ? width * height * 3 : 0;
}

async function squareCutter(open: Open, rule: Preprocess, size: Size): Promise<(square: Part) => Sharp> {
  if (keptBytes(size) === 0) return (square) => upright(open(), rule, square);
  const pixels = await rgb(upright(open(), rule, whole(size)));
  return (square) => fromPixels(pixels).extract(square);
}

async function sixCrops(square: Pixels, crop: Size): Promise<Buffer[]> {
  const shrunk = await rgb(resized(fromPixels(square), crop, 'warp'));
  return [cut(square, fiveWindows(square, crop), crop), shrunk.data];
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
