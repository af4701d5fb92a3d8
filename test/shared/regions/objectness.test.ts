import { describe, expect, it } from 'vitest';
import { objectnessOf } from '../../../shared/regions/objectness.ts';

type Corners = readonly [number, number, number, number];

const [width, height, groupings] = [120, 80, 18];
const inside: Corners = [40, 30, 60, 50];
const other: Corners = [80, 30, 100, 50];

/** Squares of 20 pixels with one bright dot in the middle, so that all have the same edges inside, on a plain background. */
function picture(
  squares: readonly { readonly box: Corners; readonly color?: number; readonly dotOutside?: boolean }[],
) {
  const lightness = new Uint8Array(width * height).fill(130);
  const a = new Uint8Array(width * height).fill(100);
  for (const { box, color = 150, dotOutside = false } of squares) {
    const [left, top, right, bottom] = box;
    for (let y = top; y < bottom; y += 1) a.fill(color, y * width + left, y * width + right);
    const dot = dotOutside ? left - 2 : left + 10;
    lightness[(top + 10) * width + dot] = 180;
  }
  return { planes: [lightness, a, new Uint8Array(width * height).fill(128)] as const, width, height };
}

function objectness(lab: ReturnType<typeof picture>, boxes: readonly Corners[], votes = boxes.map(() => 1)): number[] {
  const candidates = { count: boxes.length, boxes: Int32Array.from(boxes.flat()), votes: Float32Array.from(votes) };
  return Array.from(objectnessOf(candidates, { ...lab, planes: [...lab.planes] }, groupings));
}

describe('objectness', () => {
  it('is zero for a box with the colors of its ring', () => {
    const [contrasting = 0, same] = objectness(picture([{ box: inside }, { box: other, color: 100 }]), [inside, other]);
    expect(contrasting).toBeGreaterThan(0);
    expect(same).toBe(0);
  });

  it('is lower the more of the ring has the colors of the box', () => {
    // The right half of the background has the color of the box.
    const lab = picture([{ box: [50, 0, 120, 80] }, { box: inside }]);
    const [alone = 0] = objectness(picture([{ box: inside }]), [inside]);
    const [half = 0] = objectness(lab, [inside]);
    expect(half).toBeGreaterThan(0);
    expect(half).toBeLessThan(0.8 * alone);
  });

  it('is lower by 15 % for each border of the picture that the box touches', () => {
    const atLeft: Corners = [0, 30, 20, 50];
    const inCorner: Corners = [100, 60, 120, 80];
    const squares = [inside, atLeft, inCorner].map((box) => ({ box }));
    const [free = 0, touching = 0, corner = 0] = objectness(picture(squares), [inside, atLeft, inCorner]);
    expect(touching / free).toBeCloseTo(0.85, 5);
    expect(corner / free).toBeCloseTo(0.7, 5);
  });

  it('is higher for a box with edges inside than for one with edges just outside', () => {
    const lab = picture([{ box: inside }, { box: other, dotOutside: true }]);
    const [enclosing = 0, outside = 0] = objectness(lab, [inside, other]);
    expect(enclosing).toBeGreaterThan(10 * outside);
  });

  it('grows with the votes of the groupings, those of boxes at the same place included', () => {
    const lab = picture([{ box: inside }]);
    const [one = 0] = objectness(lab, [inside]);
    const [two = 0] = objectness(lab, [inside], [2]);
    expect(two / one).toBeCloseTo(2 / (2 + groupings) / (1 / (1 + groupings)), 5);
    expect(objectness(lab, [inside, inside])[0]).toBeCloseTo(two, 6);
    // These overlap by 0.8 and by 0.6.
    const weighted = 1 + 0.8 ** 2;
    const [near = 0] = objectness(lab, [inside, [40, 30, 60, 46]]);
    expect(near / one).toBeCloseTo((weighted / (weighted + groupings)) * (1 + groupings), 5);
    expect(objectness(lab, [inside, [40, 30, 60, 42]])[0]).toBeCloseTo(one, 6);
  });
});
