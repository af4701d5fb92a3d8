import { type Counts, finishedCount } from '../engine/run/tally.ts';
import { duration } from './duration.ts';
import { displayProgress, type Progress } from './progress-display.ts';

/** Shows the progress of a run that starts now. */
export function runProgress(counts: () => Counts): Progress {
  const pace = new Pace(Date.now());
  return displayProgress('{bar} {percentage}% | {text}', () => {
    const now = counts();
    pace.update(now, Date.now());
    const done = finishedCount(now);
    return { text: progressText(now, pace), done, total: now.total ?? done + 1 };
  });
}

/**
 * Rate of finished images. Images are counted when a part of the results is stored, so the rate is measured at these
 * moments; between two parts it stays constant and the remaining time counts down.
 */
export class Pace {
  readonly #started: number;
  #computed = 0;
  #changed: number;
  #now: number;

  /** @param started milliseconds */
  constructor(started: number) {
    this.#started = started;
    this.#changed = started;
    this.#now = started;
  }

  /** Updates the rate. @param now milliseconds since the epoch */
  update({ classified, rejected }: Counts, now: number): void {
    this.#now = now;
    if (classified + rejected === this.#computed) return;
    this.#computed = classified + rejected;
    this.#changed = now;
  }

  /** Images per second; undefined before the first part. */
  get rate(): number | undefined {
    const ms = this.#changed - this.#started;
    return ms > 0 ? (this.#computed / ms) * 1000 : undefined;
  }

  /** Milliseconds until `remaining` more images are finished. */
  left(remaining: number): number | undefined {
    const { rate } = this;
    return rate && Math.max((remaining / rate) * 1000 - (this.#now - this.#changed), 0);
  }
}

/** `120/200 images, 45/s, 2s left, 3 rejected`. The rate excludes images that an earlier run finished. */
export function progressText(counts: Counts, pace: Pace): string {
  const { total, rejected } = counts;
  const left = total === undefined ? undefined : pace.left(total - finishedCount(counts));
  return [
    `${finishedCount(counts)}/${total ?? '?'} image${total === 1 ? '' : 's'}`,
    ...(pace.rate === undefined ? [] : [`${pace.rate.toFixed(pace.rate < 10 ? 1 : 0)}/s`]),
    ...(left === undefined ? [] : [`${duration(left)} left`]),
    ...(rejected > 0 ? [`${rejected} rejected`] : []),
  ].join(', ');
}
