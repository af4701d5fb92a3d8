import { median } from './machine.ts';

export interface Contender {
  readonly name: string;
  /** Does the whole workload once; the round is -1 for the one that is not counted. */
  readonly work: (round: number) => Promise<unknown>;
}

/**
 * Lets contenders do the same workload in turns, so that a machine that slows down slows them all, and prints how fast
 * each was. The first turn of each, which pays for memory and caches that later ones find warm, is not counted.
 * @param images in the workload
 * @returns images a second of each, a figure a round
 */
export async function compareRates(
  contenders: readonly Contender[],
  { images, rounds }: { images: number; rounds: number },
): Promise<number[][]> {
  for (const { work } of contenders) await work(-1);
  const rates = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { work }] of contenders.entries()) {
      const started = performance.now();
      await work(round);
      rates[index]?.push((images / (performance.now() - started)) * 1000);
    }
  }
  const width = Math.max(...contenders.map(({ name }) => name.length)) + 1;
  for (const [index, { name }] of contenders.entries()) {
    const own = rates[index] ?? [];
    const spread = `${Math.min(...own).toFixed(1)}–${Math.max(...own).toFixed(1)}`;
    console.log(`${name.padEnd(width)} ${median(own).toFixed(1).padStart(7)} img/s  (${spread})`);
  }
  return rates;
}

/** The median over the rounds of a ratio of rates within a round. */
export function medianRatio(one: readonly number[] = [], other: readonly number[] = []): number {
  return median(one.map((rate, round) => rate / (other[round] ?? Number.NaN)));
}
