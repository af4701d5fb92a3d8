/** The time that a measurement may take. */
export class Budget {
  /** When it ends, milliseconds since 1970. */
  readonly deadline: number;
  readonly #now: () => number;

  constructor(deadline: number, now: () => number = Date.now) {
    this.deadline = deadline;
    this.#now = now;
  }

  get leftMs(): number {
    return Math.max(0, this.deadline - this.#now());
  }

  /** The deadline of one of several measurements that share what is left by weight; what it leaves goes to the others. */
  deadlineOf(weight: number, weights: readonly number[]): number {
    const sum = weights.reduce((total, each) => total + each, 0);
    return this.#now() + (this.leftMs * weight) / sum;
  }
}

export interface BatchPlan {
  /** Batch sizes to measure, ascending. */
  readonly sizes: readonly number[];
  readonly skipped: readonly { readonly batch: number; readonly reason: string }[];
}

export interface BatchCost {
  /** Of one image at a time: at worst, a batch takes as long as its images one after another. */
  readonly msPerImage: number;
  /** Batches in flight. */
  readonly parallel: number;
  /** Shortest time of a measurement. */
  readonly measureMs: number;
  readonly leftMs: number;
}

/** Chooses the batch sizes that fit the time: each runs once to warm up, then for `measureMs`, but at least once per lane. */
export function planBatches(
  batches: readonly number[],
  { msPerImage, parallel, measureMs, leftMs }: BatchCost,
): BatchPlan {
  const sizes: number[] = [];
  const skipped: { batch: number; reason: string }[] = [];
  let planned = 0;
  for (const batch of batches.toSorted((a, b) => a - b)) {
    const once = batch * msPerImage * parallel;
    const cost = once + Math.max(once, measureMs);
    if (skipped.length === 0 && planned + cost <= leftMs) {
      sizes.push(batch);
      planned += cost;
    } else {
      const reason = `may take ${seconds(cost)}, ${seconds(Math.max(0, leftMs - planned))} left; give more --minutes`;
      skipped.push({ batch, reason });
    }
  }
  return { sizes, skipped };
}

function seconds(ms: number): string {
  return `${ms < 10_000 ? (ms / 1000).toFixed(1) : Math.round(ms / 1000)} s`;
}
