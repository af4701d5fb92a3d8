import { SingleBar } from 'cli-progress';
import type { Counts } from '../pipeline/tally.ts';
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
  return process.stderr.isTTY ? bar(counts, started) : lines(counts, started);
}

function bar(counts: () => Counts, started: number): Progress {
  const shown = new SingleBar({
    format: '{bar} {percentage}% | {text}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    stream: process.stderr,
    noTTYOutput: false,
    gracefulExit: false,
  });
  const update = () => {
    const now = counts();
    shown.setTotal(now.total ?? Math.max(finished(now) + 1, 1));
    shown.update(finished(now), { text: progressText(now, started) });
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

function lines(counts: () => Counts, started: number): Progress {
  const timer = setInterval(() => console.error(progressText(counts(), started)), lineEveryMs);
  return { stop: () => clearInterval(timer) };
}

/** `120/200 images, 45/s, 2 s left, 3 rejected`; what was finished before counts for no rate. */
export function progressText(counts: Counts, started: number, now = Date.now()): string {
  const { total, done, classified, rejected } = counts;
  const computed = classified + rejected;
  const rate = computed / Math.max((now - started) / 1000, 0.001);
  const left = total === undefined ? undefined : total - done - computed;
  return [
    `${finished(counts)}/${total ?? '?'} ${images(total ?? 2)}`,
    ...(computed > 0 ? [`${rate.toFixed(rate < 10 ? 1 : 0)}/s`] : []),
    ...(left !== undefined && computed > 0 ? [`${duration((left / rate) * 1000)} left`] : []),
    ...(rejected > 0 ? [`${rejected} rejected`] : []),
  ].join(', ');
}
