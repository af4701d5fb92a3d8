/** What has become of the images of a simulation. */
export class Progress {
  /** Images that arrived. */
  arrived = 0;
  /** Images that arrived without a notification. */
  unnoticed = 0;
  classified = 0;
  rejected = 0;
  firstRow: number | undefined;
  lastRow: number | undefined;
  /** Since the last reading. */
  #minute = { sent: 0, classified: 0, rejected: 0 };
  #progressAt = 0;
  /** The longest time without a row while images waited, seconds, and when it ended. */
  longestWait = { seconds: 0, end: 0 };
  oldestUpload = 0;
  oldestCrop = 0;

  get rows(): number {
    return this.classified + this.rejected;
  }

  sent(images: number): void {
    this.#minute.sent += images;
  }

  store(images: number, kind: 'classified' | 'rejected', now: number): void {
    if (images === 0) return;
    this[kind] += images;
    this.#minute[kind] += images;
    this.firstRow ??= now;
    this.lastRow = now;
    this.#progressAt = now;
  }

  /** @param isWaiting whether an image waits for its row */
  observe(isWaiting: boolean, now: number): void {
    if (!isWaiting) this.#progressAt = now;
    const seconds = now - this.#progressAt;
    if (seconds > this.longestWait.seconds) this.longestWait = { seconds, end: now };
  }

  /** Images since the last call. */
  takeMinute(): { readonly sent: number; readonly classified: number; readonly rejected: number } {
    const minute = this.#minute;
    this.#minute = { sent: 0, classified: 0, rejected: 0 };
    return minute;
  }
}
