/**
 * Waits for work until the signal is aborted; the work itself goes on, and its result is ignored.
 * @param failure what to throw when the signal is aborted
 */
export async function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  failure: (reason: unknown) => Error,
): Promise<T> {
  if (signal === undefined) return work;
  const aborted = Promise.withResolvers<never>();
  const stop = () => aborted.reject(failure(signal.reason));
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  // Whichever of the two loses may still fail.
  aborted.promise.catch(() => {});
  work.catch(() => {});
  try {
    return await Promise.race([aborted.promise, work]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
