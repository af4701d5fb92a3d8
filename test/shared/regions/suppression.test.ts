import { describe, expect, it } from 'vitest';
import { rankDistinct } from '../../../shared/regions/suppression.ts';

type Corners = readonly [number, number, number, number];

function rank(scored: readonly (readonly [Corners, number])[], max = 1000) {
  const boxes = Int32Array.from(scored.flatMap(([box]) => box));
  const scores = Float32Array.from(scored, ([, score]) => score);
  return rankDistinct({ count: scored.length, boxes, votes: new Float32Array(scored.length) }, scores, max);
}

const box: Corners = [0, 0, 10, 10];
/** Overlaps `box` by 0.8. */
const near: Corners = [0, 0, 10, 8];

describe('ranking boxes', () => {
  it('lowers the score of a box by its overlap with a better one', () => {
    const [, second] = rank([
      [box, 0.9],
      [near, 0.8],
    ]);
    expect(second?.index).toBe(1);
    expect(second?.score).toBeCloseTo(0.8 * (1 - 0.8 ** 4.04), 5);
  });

  it('puts a box of another place before a better one that overlaps the first', () => {
    const ranked = rank([
      [box, 0.9],
      [near, 0.8],
      [[50, 50, 60, 60], 0.6],
    ]);
    expect(ranked.map(({ index }) => index)).toEqual([0, 2, 1]);
  });

  it('lowers scores less after a hundred boxes', () => {
    const elsewhere = Array.from({ length: 99 }, (_, at) => [[100 + 20 * at, 0, 110 + 20 * at, 10], 0.95] as const);
    const ranked = rank([...elsewhere, [box, 0.9], [near, 0.8]]);
    expect(ranked).toHaveLength(101);
    expect(ranked.at(-1)?.index).toBe(100);
    expect(ranked.at(-1)?.score).toBeCloseTo(0.8 * (1 - 0.8 ** 8), 5);
  });

  it('drops boxes that overlap a better one by more than 0.95, and boxes without objectness', () => {
    const ranked = rank([
      [[0, 0, 100, 100], 0.9],
      [[0, 0, 100, 96], 0.8],
      [[0, 0, 100, 94], 0.7],
      [[200, 0, 210, 10], 0],
    ]);
    expect(ranked.map(({ index }) => index)).toEqual([0, 2]);
  });
});
