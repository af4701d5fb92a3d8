import { expect, it } from 'vitest';
import { proposeRegions } from '../../../shared/regions/propose-regions.ts';

function patchPicture() {
  const [width, height] = [120, 90];
  const pixels = new Uint8Array(width * height * 3).fill(40);
  for (let y = 20; y < 60; y += 1) pixels.fill(200, (y * width + 30) * 3, (y * width + 80) * 3);
  return { pixels, width, height };
}

it('proposes a patch of another color', () => {
  const { x, y, width, height } = proposeRegions(patchPicture(), { max: 10 })[0] ?? {};
  expect({ x, y, width, height }).toEqual({ x: 30, y: 20, width: 50, height: 40 });
});

it('proposes nothing in a picture of one color', () => {
  expect(proposeRegions({ pixels: new Uint8Array(300), width: 10, height: 10 }, { max: 10 })).toEqual([]);
});
