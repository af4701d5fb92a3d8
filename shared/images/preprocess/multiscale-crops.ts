import type { Sharp } from 'sharp';
import type { Preprocess } from '../../models/model-manifest.ts';
import { fromPixels, mirror, type OpenImage, resizeTo, toRgb, uprightRegion, wholeImage } from './image-steps.ts';
import { cutWindows, fiveWindows, type Pixels, type Region, type Size } from './windows.ts';

/** Sides of the squares in sevenths of the crop: 256, 288, 320 and 352 pixels for crops of 224. */
const sevenths = [8, 9, 10, 11];

/** Larger images are decoded again for every square; decoded pixels are kept up to 100 MB. */
const maxKeptPixels = 2 ** 25;

/**
 * The 144 crops of "Going deeper with convolutions", section 7: at four scales the three squares along the longer side;
 * of each square its corners, its center and the whole square shrunk to the crop; and the mirror image of each. The
 * squares are cut before they are resized, so that a strip of 1 × 30,000 pixels does not cost more than other images.
 *
 * @param size of the upright image
 */
export async function multiscaleCrops(open: OpenImage, rule: Preprocess, size: Size): Promise<Buffer> {
  const cutSquare = await squareCutter(open, rule, size);
  const crops: Buffer[] = [];
  for (const scale of sevenths) {
    const target = { width: scaled(rule.crop.width, scale), height: scaled(rule.crop.height, scale) };
    let [previous, ofSquare]: [Region | undefined, Buffer[]] = [undefined, []];
    for (const square of squares(size)) {
      // All three squares of a square image are the same.
      if (previous?.left !== square.left || previous.top !== square.top) {
        const pixels = await toRgb(resizeTo(cutSquare(square), target, 'warp'));
        ofSquare = [...(await sixCrops(pixels, rule.crop)), ...(await sixCrops(await mirror(pixels), rule.crop))];
      }
      previous = square;
      crops.push(...ofSquare);
    }
  }
  return Buffer.concat(crops);
}

/** Bytes of the decoded image that `multiscaleCrops` keeps while it cuts squares. */
export function keptImageBytes({ width, height }: Size): number {
  return width * height <= maxKeptPixels ? width * height * 3 : 0;
}

async function squareCutter(open: OpenImage, rule: Preprocess, size: Size): Promise<(square: Region) => Sharp> {
  if (keptImageBytes(size) === 0) return (square) => uprightRegion(open(), rule, square);
  const pixels = await toRgb(uprightRegion(open(), rule, wholeImage(size)));
  return (square) => fromPixels(pixels).extract(square);
}

async function sixCrops(square: Pixels, crop: Size): Promise<Buffer[]> {
  const shrunk = await toRgb(resizeTo(fromPixels(square), crop, 'warp'));
  return [cutWindows(square, fiveWindows(square, crop), crop), shrunk.data];
}

/** Left, middle and right of a landscape image; top, middle and bottom of a portrait one. */
function squares({ width, height }: Size): Region[] {
  const side = Math.min(width, height);
  return [0, 0.5, 1].map((fraction) => ({
    left: Math.floor((width - side) * fraction),
    top: Math.floor((height - side) * fraction),
    width: side,
    height: side,
  }));
}

function scaled(pixels: number, scale: number): number {
  return Math.round((pixels * scale) / 7);
}
