/** Why a group was closed: it was full, its oldest item had waited long enough, or the source ended. */
export type CloseReason = 'size' | 'age' | 'drain';

export interface Group<T> {
  readonly items: readonly T[];
  readonly closed: CloseReason;
}

export interface GatherOptions<T> {
  /** Weight at which a group is full. */
  readonly size: number;
  /** A group that is not full is closed when its oldest item has waited this long, milliseconds. */
  readonly maxAgeMs: number;
  /** @default 1 each, so that `size` is a number of items */
  readonly weightOf?: (item: T) => number;
}

/**
 * Gathers items into groups: of as many as make it full, the last of which may be too heavy for it. Reads one item
 * ahead, no more, so a slow consumer slows the source.
 */
export async function* gather<T>(
  source: AsyncIterable<T>,
  { size, maxAgeMs, weightOf = () => 1 }: GatherOptions<T>,
): AsyncGenerator<Group<T>> {
  const iterator = source[Symbol.asyncIterator]();
  let next = readAhead(iterator);
  try {
    for (;;) {
      const first = await next;
      if (first.done) return;
      const items = [first.value];
      let weight = weightOf(first.value);
      let closed: CloseReason = 'size';
      next = readAhead(iterator);
      const deadline = alarm(maxAgeMs);
      try {
        while (weight < size) {
          const event = await Promise.race([next, deadline.rings]);
          if (event === 'age' || event.done) {
            closed = event === 'age' ? 'age' : 'drain';
            break;
          }
          items.push(event.value);
          weight += weightOf(event.value);
          next = readAhead(iterator);
        }
      } finally {
        deadline.clear();
      }
      yield { items, closed };
    }
  } finally {
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

function alarm(ms: number): { rings: Promise<'age'>; clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  const rings = new Promise<'age'>((resolve) => {
    timer = setTimeout(resolve, ms, 'age');
  });
  return { rings, clear: () => clearTimeout(timer) };
}
