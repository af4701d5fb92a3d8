import { DownloadError } from './download-error.ts';

/** A body that has brought fewer bytes after this time is given up. */
export interface SlowBody {
  readonly ms: number;
  readonly bytes: number;
}

/** Gives up a server that sends a byte now and then: it is never idle, and the file would never arrive. */
export class RateFloor {
  readonly #slow: SlowBody;
  readonly #now: () => number;
  #since: number;
  #received = 0;

  /** @param now milliseconds; the default is the clock of the process */
  constructor(slow: SlowBody, now: () => number = () => performance.now()) {
    this.#slow = slow;
    this.#now = now;
    this.#since = now();
  }

  /** @throws {DownloadError} if too few bytes arrived in the last period */
  add(bytes: number): void {
    this.#received += bytes;
    const elapsed = this.#now() - this.#since;
    if (elapsed < this.#slow.ms) return;
    if ((this.#received * this.#slow.ms) / elapsed < this.#slow.bytes) {
      throw new DownloadError(`too slow: ${this.#received} bytes in ${(elapsed / 1000).toFixed(1)} s`);
    }
    this.#since = this.#now();
    this.#received = 0;
  }
}
