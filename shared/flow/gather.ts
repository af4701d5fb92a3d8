/** Why a group was closed: it was full, its oldest item had waited long enough, or the source ended. */
export type CloseReason = 'size' | 'age' | 'drain';

export interface Group<T> {
  readonly items: readonly T[];
  readonly closed: CloseReason;
}

export interface GatherOptions<T> {
  /** Weight at which a group is full. */
  readonly size: number;
  /**
   * A group that is not full is closed when its oldest item has waited this long, milliseconds; where it differs from item
   * to item, when any has waited for as long as it may.
   */
  readonly maxAgeMs: number | ((item: T) => number);
  /** @default 1 each, so that `size` is a number of items */
  readonly weightOf?: (item: T) => number;
  /** Items of different lanes are never in one group. @default one lane for all */
  readonly laneOf?: (item: T) => string;
}

interface OpenGroup<T> {
  readonly lane: string;
  readonly items: T[];
  weight: number;
  readonly deadline: Deadline;
}

/**
 * Gathers items into groups: of as many as make it full, the last of which may be too heavy for it. Reads one item
 * ahead, no more, so a slow consumer slows the source.
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
      const aged = [...open.values()].map((group) => group.deadline.passes.then(() => group));
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
    // Not waited for: it comes only after the read that is under way, which may take for ever.
    iterator.return?.().catch(() => {});
  }
}

/** A read whose failure is kept for the one who awaits it, however long that takes. */
function readAhead<T>(iterator: AsyncIterator<T>): Promise<IteratorResult<T>> {
  const next = iterator.next();
  next.catch(() => {});
  return next;
}

/** A moment that may come closer, but not move away. */
class Deadline {
  readonly passes: Promise<void>;
  readonly #pass: () => void;
  #at = Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.passes = promise;
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
