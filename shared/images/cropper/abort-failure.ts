import { Failure } from '../../failures/failure.ts';

/** The signal's reason if it is a Failure, or else `timeout`. */
export function abortFailure(signal: AbortSignal | undefined): Failure {
  const reason: unknown = signal?.reason;
  if (reason instanceof Failure) return reason;
  return new Failure('timeout', 'decoding was stopped before it ended', { cause: reason });
}

/** Waits for work until the signal is aborted; the work itself must stop or end on its own. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = () => reject(abortFailure(signal));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
