/**
 * Items of several sources as they come. A source is asked for its next item only after its last one was taken, so a slow
 * consumer slows them all.
 * @throws what a source throws; the others are then left where they are
 */
export async function* merge<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const pending = new Map(iterators.map((iterator) => [iterator, readAhead(iterator)]));
  try {
    while (pending.size > 0) {
      const { iterator, result } = await Promise.race(pending.values());
      if (result.done) {
        pending.delete(iterator);
        continue;
      }
      pending.set(iterator, readAhead(iterator));
      yield result.value;
    }
  } finally {
    // Not waited for: it comes only after the read that is under way, which may take for ever.
    for (const iterator of iterators) iterator.return?.().catch(() => {});
  }
}

/** A read whose failure is kept for the one who awaits it: a consumer may be busy for longer than it takes to fail. */
function readAhead<T>(iterator: AsyncIterator<T>) {
  const next = nextOf(iterator);
  next.catch(() => {});
  return next;
}

async function nextOf<T>(iterator: AsyncIterator<T>) {
  return { iterator, result: await iterator.next() };
}
