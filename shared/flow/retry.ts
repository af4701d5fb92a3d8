import { Failure } from '../failures/failure.ts';

export interface RetryOptions {
  /** Attempts in total, including the first. @default unlimited */
  readonly attempts?: number | undefined;
  /** Once aborted, there is no further attempt: a pause ends, and the last failure is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Called with each failure that is followed by another attempt. */
  readonly onFailure?: ((failure: Failure) => void) | undefined;
}

/** The first pause, milliseconds; doubled after each attempt. */
const firstPauseMs = 250;
const maxPauseMs = 5_000;
/** Unexpected errors rarely go away: stop after this many attempts so they surface. */
const maxUnexpected = 6;

/**
 * Repeats work until it succeeds, with exponential backoff, as long as its failures are transient. A result is returned
 * even if the signal was aborted during the attempt: it can be messages that were received.
 * @throws the last failure: a permanent one, or a transient one that is not retried any more
 */
export async function retry<T>(work: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { attempts = Infinity, signal, onFailure } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Failure) || !error.isTransient || signal?.aborted) throw error;
      if (attempt >= (error.reason === 'internal' ? Math.min(attempts, maxUnexpected) : attempts)) throw error;
      onFailure?.(error);
      const pauseMs = Math.min(maxPauseMs, firstPauseMs * 2 ** (attempt - 1));
      // Randomised, so that many clients that fail together do not retry together.
      await pause(pauseMs * (0.5 + Math.random() / 2), signal);
      if (signal?.aborted) throw error;
    }
  }
}

/** Ends early if the signal is aborted. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const end = () => resolve();
  signal?.addEventListener('abort', end);
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  });
}
