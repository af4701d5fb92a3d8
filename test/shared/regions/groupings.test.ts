import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../shared/random/seeded-random.ts';
import { groupingsOf } from '../../../shared/regions/groupings.ts';

describe('groupings', () => {
  it('are eighteen different ones of a picture', () => {
    const random = seededRandom(3);
    const [width, height] = [96, 72];
    // Squares of 8 pixels with colors of their own, and some noise.
    const colors = Array.from({ length: 12 * 9 * 3 }, () => 40 + random() * 180);
    const pixels = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
      const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
      return (colors[((y >> 3) * 12 + (x >> 3)) * 3 + (at % 3)] ?? 0) + random() * 12;
    });
    const { hierarchies } = groupingsOf({ pixels, width, height });
    expect(hierarchies).toHaveLength(18);
    expect(new Set(hierarchies.map(({ boxes }) => boxes.join(' '))).size).toBe(18);
  });
});
