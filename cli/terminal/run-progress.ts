import type { Silence } from '../../shared/stores/aws/answer-watch.ts';
import { answerWatch } from '../engine/command-watch.ts';
import { type Counts, finishedCount } from '../engine/run/tally.ts';
import { duration } from './duration.ts';
import { silenceText } from './print-silence.ts';
import { displayProgress, type Progress } from './progress-display.ts';
import { rateText } from './rate-text.ts';

/** Shows the progress of a run that starts now. */
export function runProgress(counts: () => Counts): Progress {
  const { classified, rejected } = counts();
  const pace = new Pace(performance.now(), classified + rejected);
  const watch = answerWatch();
  return displayProgress('{bar} {percentage}% | {text}', () => {
    const now = counts();
    pace.update(now, performance.now());
    const done = finishedCount(now);
    return { text: progressText(now, pace, watch?.silence), done, total: now.total ?? done + 1 };
  });
}

/** Shortest time without a part that counts as a stall. */
const minStallMs = 15_000;

/**
 * Rate of finished images. Images are counted when a part of the results is stored, so the rate is measured at these
 * moments; between two parts it stays constant and the remaining time counts down.
 */
export class Pace {
  readonly #started: number;
  readonly #before: number;
  #computed: number;
  #changed: number;
  #longestGap = 0;
  #now: number;

  /**
   * @param started milliseconds on a clock that is never set back
   * @param before images that were finished by then, such as those rejected while the network was loaded
   */
  constructor(started: number, before = 0) {
    this.#started = started;
    this.#before = before;
    this.#computed = before;
    this.#changed = started;
    this.#now = started;
  }

  /** Updates the rate. @param now milliseconds on the clock of `started` */
  update({ classified, rejected }: Counts, now: number): void {
    this.#now = now;
    if (classified + rejected === this.#computed) return;
    this.#computed = classified + rejected;
    this.#longestGap = Math.max(this.#longestGap, now - this.#changed);
    this.#changed = now;
  }

  /** Images per second; undefined before the first part. */
  get rate(): number | undefined {
    const ms = this.#changed - this.#started;
    return ms > 0 ? ((this.#computed - this.#before) / ms) * 1000 : undefined;
  }

  /**
   * Milliseconds until `remaining` more images are finished. Undefined when unknown: before the first part, while no part is
   * stored for much longer than before, and once the estimate is used up.
   */
  left(remaining: number): number | undefined {
    const { rate } = this;
    const waited = this.#now - this.#changed;
    if (rate === undefined || rate === 0 || waited > Math.max(minStallMs, 3 * this.#longestGap)) return undefined;
    const ms = (remaining / rate) * 1000 - waited;
    return ms > 0 ? ms : undefined;
  }
}

/**
 * `120/200 images, 45/s, 2s left, 3 rejected`. The rate excludes images that an earlier run finished.
 * @param silence of a service that the run waits for: there is no time left then
 */
export function progressText(counts: Counts, pace: Pace, silence?: Silence): string {
  const { total, rejected } = counts;
  const left = total === undefined || silence !== undefined ? undefined : pace.left(total - finishedCount(counts));
  return [
    `${finishedCount(counts)}/${total ?? '?'} image${total === 1 ? '' : 's'}`,
    ...(pace.rate === undefined ? [] : [rateText(pace.rate)]),
    ...(left === undefined ? [] : [`${duration(left)} left`]),
    ...(rejected > 0 ? [`${rejected} rejected`] : []),
    ...(silence === undefined ? [] : [silenceText(silence)]),
  ].join(', ');
}
