import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { fittedCrops } from '../../../model/ensemble/fitted-crops.ts';
import { resizeMatrix } from '../../../model/ensemble/resize-matrix.ts';
import { syntheticCrops } from '../../../model/verify/synthetic-crops.ts';

describe('the image of a member', () => {
  it.each([
    { from: { height: 40, width: 40 }, to: { height: 32, width: 32 } },
    { from: { height: 61, width: 90 }, to: { height: 23, width: 89 } },
    { from: { height: 299, width: 299 }, to: { height: 224, width: 224 } },
  ])('is resized from $from to $to as sharp resizes it', async ({ from, to }) => {
    const crops = syntheticCrops(2, from);
    const fitted = await fittedCrops(crops, { kind: 'resize', ...to }, from);
    for (const [index, crop] of crops.entries()) {
      const raw = { ...from, channels: 3 } as const;
      const image = sharp(crop, { raw }).resize(to.width, to.height, { fit: 'fill' });
      const expected = await image.raw({ depth: 'uchar' }).toBuffer();
      const differences = [...(fitted[index] ?? [])].map((byte, at) => Math.abs(byte - (expected[at] ?? Number.NaN)));
      expect(differences).toHaveLength(to.height * to.width * 3);
      // Sharp rounds to bytes between the axes, and its weights are whole numbers.
      expect(differences.reduce((most, value) => Math.max(most, value), 0)).toBeLessThanOrEqual(3);
      expect(differences.reduce((sum, value) => sum + value, 0) / differences.length).toBeLessThan(0.3);
    }
  });

  it('stays within 0 to 255 next to edges, and keeps a plain image', async () => {
    const from = { height: 12, width: 12 };
    const edge = Uint8Array.from({ length: 12 * 12 * 3 }, (_, index) => (index % 36 < 18 ? 0 : 255));
    const plain = new Uint8Array(12 * 12 * 3).fill(201);
    const [sharpEdge, same] = await fittedCrops([edge, plain], { kind: 'resize', height: 9, width: 9 }, from);
    expect(new Set(same)).toEqual(new Set([201]));
    expect([sharpEdge?.[0], sharpEdge?.[8 * 3]]).toEqual([0, 255]);
  });

  it('is cut out at the pixel of its center crop', async () => {
    const from = { height: 5, width: 6 };
    const crop = Uint8Array.from({ length: 5 * 6 * 3 }, (_, index) => index);
    const [cut] = await fittedCrops([crop], { kind: 'cut', top: 1, left: 2, height: 2, width: 3 }, from);
    const row = (y: number) => [...crop.slice((y * 6 + 2) * 3, (y * 6 + 5) * 3)];
    expect([...(cut ?? [])]).toEqual([...row(1), ...row(2)]);
  });

  it('has weights that sum to 1 for each pixel', () => {
    const matrix = resizeMatrix(31, 12);
    for (let row = 0; row < 12; row += 1) {
      expect(matrix.slice(row * 31, (row + 1) * 31).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 6);
    }
  });
});
