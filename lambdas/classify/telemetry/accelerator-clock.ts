/**
 * What an accelerator that has nothing to do waits for: messages of the queue, the pixels that these point to, a batch to
 * be filled and made, a part to be stored, or its messages to be acknowledged.
 */
export const waits = ['messages', 'pixels', 'batch', 'store', 'acknowledgement'] as const;

export type WaitReason = (typeof waits)[number];

/** Shares of the time, together 1; of each lane of the accelerator alike. */
export type Utilization = Readonly<Record<'busy' | WaitReason, number>>;

type Stage = 'run' | 'receive' | 'read' | 'fill' | 'store' | 'acknowledge';

const nothing = { busy: 0, messages: 0, pixels: 0, batch: 0, store: 0, acknowledgement: 0 };

/**
 * Where the accelerator's time goes. Each stage says when it begins and ends to wait; the time of lanes that run nothing
 * is put down to whatever kept the next batch from them then.
 */
export class AcceleratorClock {
  readonly #lanes: number;
  readonly #writers: number;
  readonly #now: () => number;
  #spent = { ...nothing };
  /** How often each is under way. */
  readonly #during: Record<Stage, number> = { run: 0, receive: 0, read: 0, fill: 0, store: 0, acknowledge: 0 };
  /** Items that were received and are in no batch that was taken. */
  #inHand = 0;
  #settled: number;

  /**
   * @param lanes batches that the accelerator runs at the same time
   * @param writers parts that may be stored at the same time: only when all are, rows have to wait
   */
  constructor({ lanes, writers }: { lanes: number; writers: number }, now: () => number = () => performance.now()) {
    this.#lanes = lanes;
    this.#writers = writers;
    this.#now = now;
    this.#settled = now();
  }

  /** While a batch runs. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#measure('run', work);
  }

  /** While the stage that fills batches waits for the next item. */
  async receive<T>(next: () => Promise<IteratorResult<T>>): Promise<IteratorResult<T>> {
    const item = await this.#measure('receive', next);
    if (!item.done) this.#inHand += 1;
    return item;
  }

  /** While a receive reads the pixels that its messages point to. */
  read<T>(work: () => Promise<T>): Promise<T> {
    return this.#measure('read', work);
  }

  /** While the stage that runs batches could take another. */
  async fill<T extends { readonly items: readonly unknown[] }>(
    next: () => Promise<IteratorResult<T>>,
  ): Promise<IteratorResult<T>> {
    const batch = await this.#measure('fill', next);
    if (!batch.done) this.#inHand -= batch.value.items.length;
    return batch;
  }

  /** While a part is stored, from its rows to the acknowledgement of its messages. */
  store<T>(work: () => Promise<T>): Promise<T> {
    return this.#measure('store', work);
  }

  /** While, within `store`, messages are acknowledged or given back. */
  acknowledge<T>(work: () => Promise<T>): Promise<T> {
    return this.#measure('acknowledge', work);
  }

  /** Since the last call of this; all busy where no time has passed. */
  lap(): Utilization {
    this.#settle();
    const spent = this.#spent;
    this.#spent = { ...nothing };
    const total = spent.busy + waits.reduce((sum, wait) => sum + spent[wait], 0);
    if (total === 0) return { ...nothing, busy: 1 };
    const shares = { ...spent, busy: spent.busy / total };
    for (const wait of waits) shares[wait] = spent[wait] / total;
    return shares;
  }

  async #measure<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    this.#settle();
    this.#during[stage] += 1;
    try {
      return await work();
    } finally {
      this.#settle();
      this.#during[stage] -= 1;
    }
  }

  #settle(): void {
    const now = this.#now();
    const passed = now - this.#settled;
    this.#settled = now;
    const busy = Math.min(this.#during.run, this.#lanes);
    this.#spent.busy += passed * busy;
    this.#spent[this.#cause()] += passed * (this.#lanes - busy);
  }

  /**
   * Nothing in hand: whoever stores, there is nothing to run. Else it is the store only if no batch can be taken, since
   * finished ones wait for a writer.
   */
  #cause(): WaitReason {
    const { receive, read, fill, store, acknowledge } = this.#during;
    if (this.#inHand === 0 && receive > 0) return read > 0 ? 'pixels' : 'messages';
    if (fill === 0 && store >= this.#writers) return acknowledge < store ? 'store' : 'acknowledgement';
    return 'batch';
  }
}

/** One line for people: what the accelerator did and what it waited for. */
export function describeUtilization(shares: Utilization): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const waited = waits.map((wait) => `${percent(shares[wait])} for ${words[wait]}`);
  return `accelerator ${percent(shares.busy)} busy; waited ${waited.join(', ')}`;
}

const words: Readonly<Record<WaitReason, string>> = {
  messages: 'messages',
  pixels: 'pixels',
  batch: 'batches',
  store: 'the store',
  acknowledgement: 'acknowledgement',
};
