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
  let next = iterator.next();
  try {
    for (;;) {
      const first = await next;
      if (first.done) return;
      const items = [first.value];
      const deadline = alarm(maxAgeMs);
      let closed: CloseReason = 'size';
      next = iterator.next();
      while (items.length < size) {
        const event = await Promise.race([next, deadline.rings]);
        if (event === 'age' || event.done) {
          closed = event === 'age' ? 'age' : 'drain';
          break;
        }
        items.push(event.value);
        next = iterator.next();
      }
      deadline.clear();
      yield { items, closed };
    }
  } finally {
    // The consumer stopped early: let the source clean up; what it had read ahead is its own to give back.
    next.catch(() => {});
    await iterator.return?.();
  }
}

function alarm(ms: number): { rings: Promise<'age'>; clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  const rings = new Promise<'age'>((resolve) => {
    timer = setTimeout(resolve, ms, 'age');
  });
  return { rings, clear: () => clearTimeout(timer) };
}
