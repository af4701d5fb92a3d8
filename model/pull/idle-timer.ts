import { DownloadError } from './download-error.ts';

/** Aborts a request that makes no progress. */
export class IdleTimer {
  readonly #controller = new AbortController();
  readonly #stop: AbortSignal | undefined;
  readonly signal: AbortSignal;
  #timer: NodeJS.Timeout | undefined;

  /** @param stop aborts the request too */
  constructor(stop?: AbortSignal) {
    this.#stop = stop;
    this.signal = AbortSignal.any([this.#controller.signal, ...(stop === undefined ? [] : [stop])]);
  }

  /** Restarts the timer. After `ms` milliseconds, the request is aborted with the reason. */
  restart(ms: number, reason: string): void {
    clearTimeout(this.#timer);
    const error = new DownloadError(`${reason} for ${ms / 1000} s`);
    this.#timer = setTimeout(() => this.#controller.abort(error), ms);
  }

  /** The underlying reason of a failed request, which the error of `fetch` does not state. */
  explain(cause: unknown): unknown {
    if (this.#stop?.aborted) return this.#stop.reason;
    const { reason } = this.signal;
    if (reason instanceof DownloadError) return reason;
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    const code = inner instanceof Error && 'code' in inner ? String(inner.code) : 'the connection failed';
    const text = inner instanceof Error ? inner.message : String(inner);
    return new DownloadError(text === '' ? code : text, { cause });
  }

  /** Stops the timer and releases the request, even if its body was not read completely. */
  end(): void {
    clearTimeout(this.#timer);
    this.#controller.abort();
  }
}
