import { median } from './machine.ts';

export interface Contender {
  readonly name: string;
  /** Runs the workload once; round -1 is the warm-up. */
  readonly work: (round: number) => Promise<unknown>;
}

/**
 * Runs the same workload with each contender in turns, so that a slower machine affects all of them, and prints their
 * rates. A warm-up round is not counted.
 * @param images number of images in the workload
 * @returns images per second, by contender and round
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
    const ofContender = rates[index] ?? [];
    const spread = `${Math.min(...ofContender).toFixed(1)}–${Math.max(...ofContender).toFixed(1)}`;
    console.log(`${name.padEnd(width)} ${median(ofContender).toFixed(1).padStart(7)} img/s  (${spread})`);
  }
  return rates;
}

/** The median ratio of two contenders' rates in the same round. */
export function medianRatio(rates: readonly number[] = [], baseline: readonly number[] = []): number {
  return median(rates.map((rate, round) => rate / (baseline[round] ?? Number.NaN)));
}
