/**
 * A generator that can be ended while a value is awaited: an ordinary one ends only after that value, which may never come.
 * @param generate makes the values until its signal is aborted
 */
export function leavable<T>(generate: (left: AbortSignal) => AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  const left = new AbortController();
  const values = generate(left.signal);
  const leave = () => {
    left.abort();
    return values.return();
  };
  return {
    next: () => values.next(),
    return: leave,
    throw: async (error: unknown) => {
      await leave();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: async () => void (await leave()),
  };
}
