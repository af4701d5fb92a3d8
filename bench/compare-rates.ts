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
 * @param clock milliseconds; processor time compares what one thread computes, also while other processes run
 * @returns images per second, by contender and round
 */
export async function compareRates(
  contenders: readonly Contender[],
  { images, rounds, clock = () => performance.now() }: { images: number; rounds: number; clock?: () => number },
): Promise<number[][]> {
  for (const { work } of contenders) await work(-1);
  const rates = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { work }] of contenders.entries()) {
      const started = clock();
      await work(round);
      rates[index]?.push((images / (clock() - started)) * 1000);
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

/** Processor time of this process, milliseconds. */
export function processorClock(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The median ratio of two contenders' rates in the same round. */
export function medianRatio(rates: readonly number[] = [], baseline: readonly number[] = []): number {
  return median(ratiosOf(rates, baseline));
}

/** The median ratio, and the smallest and largest of a round. */
export function describeRatio(rates: readonly number[] = [], baseline: readonly number[] = []): string {
  const ratios = ratiosOf(rates, baseline);
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
  return `${median(ratios).toFixed(2)} times as fast (${least.toFixed(2)}–${most.toFixed(2)} in the same round)`;
}

function ratiosOf(rates: readonly number[], baseline: readonly number[]): number[] {
  return rates.map((rate, round) => rate / (baseline[round] ?? Number.NaN));
}
