/** Waits until promises are settled, but not longer than `ms`; a rejection is not thrown. */
export async function settledWithin(ms: number, promises: readonly Promise<unknown>[]): Promise<void> {
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(timeout.resolve, ms);
  await Promise.race([timeout.promise, Promise.allSettled(promises)]);
  clearTimeout(timer);
}
