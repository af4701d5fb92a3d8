/** Why a group was closed: it was full, its oldest item had waited long enough, or the source ended. */
export type CloseReason = 'size' | 'age' | 'drain';

export interface Group<T> {
  readonly items: readonly T[];
  readonly closed: CloseReason;
}

/**
 * Gathers items into groups of at most `size`; a group that is not full is closed when its oldest item has waited for
 * `maxAgeMs`. Reads one item ahead, no more, so a slow consumer slows the source.
 */
export async function* gather<T>(
  source: AsyncIterable<T>,
  { size, maxAgeMs }: { size: number; maxAgeMs: number },
): AsyncGenerator<Group<T>> {
  const iterator = source[Symbol.asyncIterator]();
  let next = readAhead(iterator);
  try {
    for (;;) {
      const first = await next;
      if (first.done) return;
      const items = [first.value];
      let closed: CloseReason = 'size';
      next = readAhead(iterator);
      const deadline = alarm(maxAgeMs);
      try {
        while (items.length < size) {
          const event = await Promise.race([next, deadline.rings]);
          if (event === 'age' || event.done) {
            closed = event === 'age' ? 'age' : 'drain';
            break;
          }
          items.push(event.value);
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
