/** What an accelerator that has nothing to do waits for: crops from the queue, the store, or the next batch's making. */
export type WaitsFor = 'crops' | 'store' | 'batch';

/** Shares of the time, together 1; of each lane of the accelerator alike. */
export type Utilisation = Readonly<Record<'busy' | WaitsFor, number>>;

/**
 * Where the accelerator's time goes. Each stage says when it begins and ends to wait; the time of lanes that run nothing
 * is put down to whatever was waited for then.
 */
export class AcceleratorClock {
  readonly #lanes: number;
  readonly #writers: number;
  readonly #now: () => number;
  readonly #spent = { busy: 0, crops: 0, store: 0, batch: 0 };
  #running = 0;
  #receiving = 0;
  #storing = 0;
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
    return this.#during((by) => {
      this.#running += by;
    }, work);
  }

  /** While the stage before batches has asked for crops and got none. */
  receive<T>(work: () => Promise<T>): Promise<T> {
    return this.#during((by) => {
      this.#receiving += by;
    }, work);
  }

  /** While a part is stored. */
  store<T>(work: () => Promise<T>): Promise<T> {
    return this.#during((by) => {
      this.#storing += by;
    }, work);
  }

  /** Since the last call of this; all busy where no time has passed. */
  lap(): Utilisation {
    this.#settle();
    const { busy, crops, store, batch } = this.#spent;
    const total = busy + crops + store + batch;
    Object.assign(this.#spent, { busy: 0, crops: 0, store: 0, batch: 0 });
    if (total === 0) return { busy: 1, crops: 0, store: 0, batch: 0 };
    return { busy: busy / total, crops: crops / total, store: store / total, batch: batch / total };
  }

  async #during<T>(change: (by: 1 | -1) => void, work: () => Promise<T>): Promise<T> {
    this.#settle();
    change(1);
    try {
      return await work();
    } finally {
      this.#settle();
      change(-1);
    }
  }

  #settle(): void {
    const now = this.#now();
    const passed = now - this.#settled;
    this.#settled = now;
    const busy = Math.min(this.#running, this.#lanes);
    this.#spent.busy += passed * busy;
    const cause = this.#storing >= this.#writers ? 'store' : this.#receiving > 0 ? 'crops' : 'batch';
    this.#spent[cause] += passed * (this.#lanes - busy);
  }
}

/** One line for people: what the accelerator did and what it waited for. */
export function describeUtilisation({ busy, crops, store, batch }: Utilisation): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  return `accelerator ${percent(busy)} busy; waited ${percent(crops)} for crops, ${percent(batch)} for batches, ${percent(store)} for the store`;
}
