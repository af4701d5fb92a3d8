import { expect, it } from 'vitest';
import { RateFloor } from '../../../model/pull/rate-floor.ts';

/** Adds bytes at times in seconds. */
function added(...chunks: (readonly [seconds: number, bytes: number])[]): () => void {
  let time = 0;
  const floor = new RateFloor({ ms: 60_000, bytes: 60_000 }, () => time);
  return () => {
    for (const [seconds, bytes] of chunks) {
      time = 1000 * seconds;
      floor.add(bytes);
    }
  };
}

it.each([
  [
    'a byte every five seconds',
    added(...Array.from({ length: 12 }, (_, n) => [5 * (n + 1), 1] as const)),
    '12 bytes in 60.0 s',
  ],
  ['a fast minute, then a slow one', added([60, 1e6], [90, 10], [120, 10]), '20 bytes in 60.0 s'],
  ['too few bytes in a late chunk', added([85, 70_000]), '70000 bytes in 85.0 s'],
])('gives up after %s', (_, add, text) => {
  expect(add).toThrow(`too slow: ${text}`);
});

it.each([
  ['the first minute, however slow', added([1, 1], [59, 1])],
  ['1 KB in each second of a minute', added([30, 30_000], [60, 30_000], [120, 60_000])],
  ['a chunk that is late, but large enough', added([85, 85_000])],
])('waits for %s', (_, add) => {
  expect(add).not.toThrow();
});
