import sharp from 'sharp';
import type { Box } from '../../../shared/regions/region.ts';
import type { Size } from '../../../shared/regions/working-size.ts';

/** More boxes hide what is in them. */
export const maxDrawn = 10;

type Color = readonly [red: number, green: number, blue: number];

const bestColor: Color = [255, 48, 48];
const otherColor: Color = [255, 214, 10];
/** Visible on bright and on dark images, together with the color. */
const edgeColor: Color = [0, 0, 0];

/**
 * Draws the outlines of the first boxes: the best one in red, above the others in yellow.
 * @param image an image file of the same picture, of any size
 * @param boxes best first, in pixels of the original
 * @param original size in pixels
 * @returns a JPEG file of the size of `image`
 */
export async function drawBoxes(image: Uint8Array, boxes: readonly Box[], original: Size): Promise<Uint8Array> {
  const { data, info } = await sharp(image)
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const line = Math.max(2, Math.round(Math.max(width, height) / 320));
  const canvas = { pixels: data, width, height };
  for (const [rank, box] of [...boxes.slice(0, maxDrawn).entries()].reverse()) {
    const left = Math.floor((box.x * width) / original.width);
    const top = Math.floor((box.y * height) / original.height);
    const right = Math.ceil(((box.x + box.width) * width) / original.width);
    const bottom = Math.ceil(((box.y + box.height) * height) / original.height);
    outline(canvas, { left, top, right, bottom }, line + 1, edgeColor);
    outline(canvas, { left, top, right, bottom }, line, rank === 0 ? bestColor : otherColor);
  }
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 88 })
    .toBuffer();
}

interface Canvas extends Size {
  /** Interleaved RGB. */
  readonly pixels: Uint8Array;
}

/** Sides in pixels of the canvas; right and bottom are outside. */
interface Sides {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Draws a line inside the sides. */
function outline(canvas: Canvas, { left, top, right, bottom }: Sides, line: number, color: Color): void {
  fill(canvas, { left, top, right, bottom: Math.min(bottom, top + line) }, color);
  fill(canvas, { left, top: Math.max(top, bottom - line), right, bottom }, color);
  fill(canvas, { left, top, right: Math.min(right, left + line), bottom }, color);
  fill(canvas, { left: Math.max(left, right - line), top, right, bottom }, color);
}

function fill({ pixels, width, height }: Canvas, { left, top, right, bottom }: Sides, color: Color): void {
  for (let y = top; y < Math.min(bottom, height); y += 1) {
    for (let x = left; x < Math.min(right, width); x += 1) pixels.set(color, (y * width + x) * 3);
  }
}
