import sharp from 'sharp';
import { expect, it } from 'vitest';
import { drawBoxes } from '../../../../cli/engine/regions/draw-boxes.ts';

const original = { width: 400, height: 200 };
const gray = await sharp({ create: { width: 200, height: 100, channels: 3, background: '#808080' } })
  .png()
  .toBuffer();

/** The color at a pixel of a drawing, rounded as JPEG changes it. */
async function colorsOf(boxes: Parameters<typeof drawBoxes>[1]) {
  const drawing = sharp(await drawBoxes(gray, boxes, original)).raw();
  const { data, info } = await drawing.toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([200, 100]);
  return (x: number, y: number) => {
    const [red = 0, green = 0, blue = 0] = data.subarray((y * 200 + x) * 3);
    if (red > 190 && green < 110 && blue < 110) return 'red';
    if (red > 190 && green > 160 && blue < 110) return 'yellow';
    return Math.abs(red - green) + Math.abs(green - blue) < 40 ? 'gray' : 'other';
  };
}

it('the best box is drawn in red over the others in yellow, scaled to the image shown', async () => {
  const colorAt = await colorsOf([
    { x: 40, y: 40, width: 160, height: 80 },
    { x: 40, y: 20, width: 320, height: 160 },
  ]);
  expect(colorAt(60, 20)).toBe('red');
  expect(colorAt(20, 40)).toBe('red');
  expect(colorAt(120, 10)).toBe('yellow');
  expect(colorAt(179, 50)).toBe('yellow');
  expect(colorAt(60, 40)).toBe('gray');
  expect(colorAt(5, 5)).toBe('gray');
});

it('a box of one pixel, and one that fills the image, are drawn inside it', async () => {
  const colorAt = await colorsOf([
    { x: 399, y: 199, width: 1, height: 1 },
    { x: 0, y: 0, width: 400, height: 200 },
  ]);
  expect(colorAt(0, 50)).toBe('yellow');
  expect(colorAt(100, 0)).toBe('yellow');
});

it('the tenth box is drawn, the eleventh is not', async () => {
  const boxes = Array.from({ length: 11 }, (_, rank) => ({ x: rank * 34, y: 40, width: 30, height: 120 }));
  const colorAt = await colorsOf(boxes);
  expect(colorAt(9 * 17, 50)).toBe('yellow');
  expect(colorAt(10 * 17, 50)).toBe('gray');
});
