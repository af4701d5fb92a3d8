/**
 * What an idle accelerator waits for: messages of the queue, the pixels that they point to, a batch to fill, a part to be
 * stored, or its messages to be acknowledged.
 */
export const waitReasons = ['messages', 'pixels', 'batch', 'store', 'acknowledgement'] as const;

export type WaitReason = (typeof waitReasons)[number];

/** Shares of the time; they add up to 1. All lanes of the accelerator count equally. */
export type Utilization = Readonly<Record<'busy' | WaitReason, number>>;

type Stage = 'run' | 'receive' | 'read' | 'fill' | 'store' | 'acknowledge';

const zero = { busy: 0, messages: 0, pixels: 0, batch: 0, store: 0, acknowledgement: 0 };

/**
 * Measures how the accelerator spends its time. Each stage reports when it starts and ends waiting; the time of idle
 * lanes counts for the stage that delays the next batch.
 */
export class AcceleratorClock {
  readonly #lanes: number;
  readonly #writers: number;
  readonly #now: () => number;
  #spent = { ...zero };
  /** How many of each stage are in progress. */
  readonly #active: Record<Stage, number> = { run: 0, receive: 0, read: 0, fill: 0, store: 0, acknowledge: 0 };
  /** Items that were received and are not yet in a started batch. */
  #pending = 0;
  /** Time up to which #spent is complete. */
  #countedTo: number;

  /**
   * @param lanes batches that the accelerator runs in parallel
   * @param writers parts that may be stored in parallel: rows wait only if all of them are in progress
   */
  constructor({ lanes, writers }: { lanes: number; writers: number }, now: () => number = () => performance.now()) {
    this.#lanes = lanes;
    this.#writers = writers;
    this.#now = now;
    this.#countedTo = now();
  }

  /** Wraps the run of a batch. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#measure('run', work);
  }

  /** Wraps the wait for the next item, by the stage that fills batches. */
  async receive<T>(next: () => Promise<IteratorResult<T>>): Promise<IteratorResult<T>> {
    const item = await this.#measure('receive', next);
    if (!item.done) this.#pending += 1;
    return item;
  }

  /** Wraps the reading of the pixels that messages point to. */
  read<T>(work: () => Promise<T>): Promise<T> {
    return this.#measure('read', work);
  }

  /** Wraps the wait for the next batch, by the stage that runs them. */
  async fill<T extends { readonly items: readonly unknown[] }>(
    next: () => Promise<IteratorResult<T>>,
  ): Promise<IteratorResult<T>> {
    const batch = await this.#measure('fill', next);
    if (!batch.done) this.#pending -= batch.value.items.length;
    return batch;
  }

  /** Wraps the storing of a part, from its rows to the acknowledgement of its messages. */
  store<T>(work: () => Promise<T>): Promise<T> {
    return this.#measure('store', work);
  }

  /** Within `store`, wraps acknowledging or returning messages. */
  acknowledge<T>(work: () => Promise<T>): Promise<T> {
    return this.#measure('acknowledge', work);
  }

  /** Utilization since the previous call; all busy if no time has passed. */
  lap(): Utilization {
    this.#count();
    const spent = this.#spent;
    this.#spent = { ...zero };
    const total = spent.busy + waitReasons.reduce((sum, wait) => sum + spent[wait], 0);
    if (total === 0) return { ...zero, busy: 1 };
    const shares = { ...spent, busy: spent.busy / total };
    for (const wait of waitReasons) shares[wait] = spent[wait] / total;
    return shares;
  }

  async #measure<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    this.#count();
    this.#active[stage] += 1;
    try {
      return await work();
    } finally {
      this.#count();
      this.#active[stage] -= 1;
    }
  }

  #count(): void {
    const now = this.#now();
    const passed = now - this.#countedTo;
    this.#countedTo = now;
    const busy = Math.min(this.#active.run, this.#lanes);
    this.#spent.busy += passed * busy;
    this.#spent[this.#waitReason()] += passed * (this.#lanes - busy);
  }

  /**
   * Without pending items there is nothing to run, even if the store is busy. With some, the store is the reason only if
   * finished batches wait for a writer, so that no other batch can start.
   */
  #waitReason(): WaitReason {
    const { receive, read, fill, store, acknowledge } = this.#active;
    if (this.#pending === 0 && receive > 0) return read > 0 ? 'pixels' : 'messages';
    if (fill === 0 && store >= this.#writers) return acknowledge < store ? 'store' : 'acknowledgement';
    return 'batch';
  }
}

/** One line: how busy the accelerator was and what it waited for. */
export function describeUtilization(shares: Utilization): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const waited = waitReasons.map((wait) => `${percent(shares[wait])} for ${words[wait]}`);
  return `accelerator ${percent(shares.busy)} busy; waited ${waited.join(', ')}`;
}

const words: Readonly<Record<WaitReason, string>> = {
  messages: 'messages',
  pixels: 'pixels',
  batch: 'batches',
  store: 'the store',
  acknowledgement: 'acknowledgement',
};
