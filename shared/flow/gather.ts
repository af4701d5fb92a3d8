/** Why a group was closed: it is full, an item has waited long enough, or the source ended. */
export type CloseReason = 'size' | 'age' | 'drain';

export interface Group<T> {
  readonly items: readonly T[];
  readonly closed: CloseReason;
}

export interface GatherOptions<T> {
  /** The weight at which a group is full. */
  readonly size: number;
  /** How long an item waits at most before its group is closed, milliseconds; may depend on the item. */
  readonly maxAgeMs: number | ((item: T) => number);
  /** @default 1, so that `size` is a number of items */
  readonly weightOf?: (item: T) => number;
  /** Items of different lanes never share a group. @default one lane */
  readonly laneOf?: (item: T) => string;
}

interface OpenGroup<T> {
  readonly lane: string;
  readonly items: T[];
  weight: number;
  readonly deadline: Deadline;
}

/**
 * Gathers items into groups. The last item of a group may exceed its size. Reads one item ahead, so a slow consumer slows
 * the source.
 */
export async function* gather<T>(source: AsyncIterable<T>, options: GatherOptions<T>): AsyncGenerator<Group<T>> {
  const { size, maxAgeMs, weightOf = () => 1, laneOf = () => '' } = options;
  const ageOf = typeof maxAgeMs === 'number' ? () => maxAgeMs : maxAgeMs;
  const open = new Map<string, OpenGroup<T>>();
  const close = ({ lane, items, deadline }: OpenGroup<T>, closed: CloseReason) => {
    deadline.clear();
    open.delete(lane);
    return { items, closed };
  };
  const iterator = source[Symbol.asyncIterator]();
  let next = readAhead(iterator);
  try {
    for (;;) {
      const aged = [...open.values()].map((group) => group.deadline.passed.then(() => group));
      const event = await Promise.race([...aged, next]);
      if ('lane' in event) {
        yield close(event, 'age');
        continue;
      }
      if (event.done) break;
      const { value } = event;
      next = readAhead(iterator);
      const lane = laneOf(value);
      const group = open.get(lane) ?? { lane, items: [], weight: 0, deadline: new Deadline() };
      open.set(lane, group);
      group.items.push(value);
      group.weight += weightOf(value);
      group.deadline.within(ageOf(value));
      if (group.weight >= size) yield close(group, 'size');
    }
    for (const group of open.values()) yield close(group, 'drain');
  } finally {
    for (const { deadline } of open.values()) deadline.clear();
    // Not awaited: it resolves only after the running read, which may never end.
    iterator.return?.().catch(() => {});
  }
}

/** Starts a read; its failure is not reported as unhandled before the caller awaits it. */
function readAhead<T>(iterator: AsyncIterator<T>): Promise<IteratorResult<T>> {
  const next = iterator.next();
  next.catch(() => {});
  return next;
}

/** A time that can be moved earlier but not later. */
class Deadline {
  readonly passed: Promise<void>;
  readonly #pass: () => void;
  #at = Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.passed = promise;
    this.#pass = resolve;
  }

  within(ms: number): void {
    const at = performance.now() + ms;
    if (at >= this.#at) return;
    this.#at = at;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#pass, ms);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
