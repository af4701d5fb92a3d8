import type { Counts } from '../engine/run/tally.ts';
import { newBar } from './new-bar.ts';
import { duration, finished, images } from './words.ts';

/** Shows how far a run is, on stderr: a bar on a terminal, a line now and then elsewhere. */
export interface Progress {
  /** Takes the bar away. */
  stop(): void;
}

const barEveryMs = 200;
const lineEveryMs = 10_000;

/**
 * Looks at the counts from time to time and shows them.
 * @param started milliseconds since the epoch, for the rate
 */
export function showProgress(counts: () => Counts, started: number): Progress {
  const pace = new Pace(started);
  const text = () => {
    const now = counts();
    pace.see(now, Date.now());
    return progressText(now, pace);
  };
  return process.stderr.isTTY ? bar(counts, text) : lines(text);
}

function bar(counts: () => Counts, text: () => string): Progress {
  const shown = newBar('{bar} {percentage}% | {text}');
  const update = () => {
    const now = counts();
    shown.setTotal(now.total ?? finished(now) + 1);
    shown.update(finished(now), { text: text() });
  };
  shown.start(1, 0, { text: 'starting' });
  const timer = setInterval(update, barEveryMs);
  return {
    stop() {
      clearInterval(timer);
      update();
      shown.stop();
    },
  };
}

function lines(text: () => string): Progress {
  const timer = setInterval(() => console.error(text()), lineEveryMs);
  return { stop: () => clearInterval(timer) };
}

/**
 * How fast images are finished. They are counted a part of the results at a time, so the rate is taken where a part was
 * counted; between two parts it stays, and the time left runs down.
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

  /** Takes the counts as they are at a time, milliseconds. */
  see({ classified, rejected }: Counts, now: number): void {
    this.#now = now;
    if (classified + rejected === this.#computed) return;
    this.#computed = classified + rejected;
    this.#changed = now;
  }

  /** Images a second; undefined before the first were counted. */
  get rate(): number | undefined {
    const ms = this.#changed - this.#started;
    return ms > 0 ? (this.#computed / ms) * 1000 : undefined;
  }

  /** Milliseconds until as many more images are finished. */
  left(remaining: number): number | undefined {
    const { rate } = this;
    return rate && Math.max((remaining / rate) * 1000 - (this.#now - this.#changed), 0);
  }
}

/** `120/200 images, 45/s, 2 s left, 3 rejected`; what was finished before counts for no rate. */
export function progressText(counts: Counts, pace: Pace): string {
  const { total, rejected } = counts;
  const left = total === undefined ? undefined : pace.left(total - finished(counts));
  return [
    `${finished(counts)}/${total ?? '?'} ${images(total ?? 2)}`,
    ...(pace.rate === undefined ? [] : [`${pace.rate.toFixed(pace.rate < 10 ? 1 : 0)}/s`]),
    ...(left === undefined ? [] : [`${duration(left)} left`]),
    ...(rejected > 0 ? [`${rejected} rejected`] : []),
  ].join(', ');
}
