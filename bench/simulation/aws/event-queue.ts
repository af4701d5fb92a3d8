interface Entry {
  readonly at: number;
  /** Entries of one time run in the order in which they were added. */
  readonly order: number;
  readonly run: () => void;
}

/** Simulated time in seconds, and what happens when. */
export class EventQueue {
  #now = 0;
  #added = 0;
  /** A binary heap: the next entry first. */
  readonly #heap: Entry[] = [];

  get now(): number {
    return this.#now;
  }

  /** Runs an action after some seconds. */
  after(seconds: number, run: () => void): void {
    this.#push({ at: this.#now + seconds, order: this.#added, run });
    this.#added += 1;
  }

  /** Runs an action at regular times, the first time after one interval. */
  every(seconds: number, run: () => void): void {
    this.after(seconds, () => {
      run();
      this.every(seconds, run);
    });
  }

  /** Runs actions in the order of their time, until the end of the simulated time or until there is nothing left to see. */
  run(endSeconds: number, isOver: () => boolean): void {
    for (let entry = this.#pop(); entry !== undefined && entry.at <= endSeconds; entry = this.#pop()) {
      this.#now = entry.at;
      entry.run();
      if (isOver()) return;
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfEarlier(index, parent)) return;
      index = parent;
    }
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || first === undefined || heap.length === 0) return first;
    heap[0] = last;
    for (let index = 0; ; ) {
      const left = 2 * index + 1;
      const child = isEarlier(heap[left + 1], heap[left]) ? left + 1 : left;
      if (!this.#swapIfEarlier(child, index)) return first;
      index = child;
    }
  }

  #swapIfEarlier(child: number, parent: number): boolean {
    const [below, above] = [this.#heap[child], this.#heap[parent]];
    if (below === undefined || above === undefined || !isEarlier(below, above)) return false;
    this.#heap[child] = above;
    this.#heap[parent] = below;
    return true;
  }
}

function isEarlier(one: Entry | undefined, other: Entry | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
