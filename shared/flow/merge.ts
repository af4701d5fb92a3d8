/**
 * Merges sources: yields items in the order in which they arrive. Reads one item of each source ahead, so a slow consumer
 * slows all sources.
 * @throws the first error of a source
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
    // Not awaited: it resolves only after the running read, which may never end.
    for (const iterator of iterators) iterator.return?.().catch(() => {});
  }
}

/** Starts a read; its failure is not reported as unhandled while the consumer is busy. */
function readAhead<T>(iterator: AsyncIterator<T>) {
  const next = nextOf(iterator);
  next.catch(() => {});
  return next;
}

async function nextOf<T>(iterator: AsyncIterator<T>) {
  return { iterator, result: await iterator.next() };
}
