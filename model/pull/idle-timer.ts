import { DownloadError } from './download-error.ts';

/** Ends a request when nothing has come of it for too long. */
export class IdleTimer {
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Allows so many milliseconds of silence from now on. */
  allow(ms: number, complaint: string): void {
    clearTimeout(this.#timer);
    const late = new DownloadError(`${complaint} for ${ms / 1000} s`);
    this.#timer = setTimeout(() => this.#controller.abort(late), ms);
  }

  /** An error of the request in words: what `fetch` throws says only that it failed. */
  explain(cause: unknown): DownloadError {
    const { reason } = this.signal;
    if (reason instanceof DownloadError) return reason;
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    const code = inner instanceof Error && 'code' in inner ? String(inner.code) : 'the connection failed';
    const text = inner instanceof Error ? inner.message : String(inner);
    return new DownloadError(text === '' ? code : text, { cause });
  }

  /** Lets go of the request, whose body may not have been read to its end. */
  end(): void {
    clearTimeout(this.#timer);
    this.#controller.abort();
  }
}
