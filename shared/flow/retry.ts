import { Failure } from '../failures/failure.ts';

export interface RetryOptions {
  /** Tries in all, the first included. @default as often as it takes */
  readonly tries?: number | undefined;
  /** Once aborted, what fails is not tried again: the failure is thrown, also out of a pause. */
  readonly signal?: AbortSignal | undefined;
  /** Told of each failure after which it is tried again. */
  readonly onFailure?: ((failure: Failure) => void) | undefined;
  /** Milliseconds until the second try; doubled from one to the next. @default 250 */
  readonly firstPauseMs?: number | undefined;
  /** Milliseconds that no pause is longer than. @default 5000 */
  readonly longestPauseMs?: number | undefined;
}

/** What nobody foresaw passes seldom: it is tried no more often than this, so that it comes to light. */
const triesOfUnforeseen = 6;

/**
 * Tries some work until it succeeds, pausing longer after each failure that may pass.
 * @throws the last failure: one that will not pass, or when it may not be tried again
 */
export async function retry<T>(work: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { tries = Infinity, signal, onFailure, firstPauseMs = 250, longestPauseMs = 5_000 } = options;
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Failure) || !error.isTransient) throw error;
      if (tried >= (error.reason === 'internal' ? Math.min(tries, triesOfUnforeseen) : tries)) throw error;
      if (!signal?.aborted) {
        onFailure?.(error);
        const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** (tried - 1));
        // At random in its second half, so that many who wait for the same thing do not come back together.
        await pause(longest * (0.5 + Math.random() / 2), signal);
      }
      if (signal?.aborted) throw error;
    }
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}
