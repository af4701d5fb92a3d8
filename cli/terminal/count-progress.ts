import { newBar } from './new-bar.ts';
import { duration } from './words.ts';

/** Shows how far work is that counts, on stderr: a bar on a terminal, a line now and then elsewhere. */
export interface CountProgress {
  show(done: number, total: number): void;
  /** Takes the bar away. */
  stop(): void;
}

const barEveryMs = 200;
const lineEveryMs = 10_000;

/** @param what is done, for example `indexed` */
export function countProgress(what: string): CountProgress {
  let started: number | undefined;
  let shown = 0;
  const bar = process.stderr.isTTY ? newBar('{bar} {percentage}% | {text}') : undefined;
  return {
    show(done, total) {
      const now = Date.now();
      // What is over in a moment is not shown at all.
      if (started === undefined) [started, shown] = [now, now];
      if (now - shown < (bar ? barEveryMs : lineEveryMs)) return;
      shown = now;
      const text = progressText(done, total, what, now - started);
      if (bar === undefined) console.error(text);
      else if (bar.isActive) bar.update(done, { text });
      else bar.start(total, done, { text });
    },
    stop() {
      if (bar?.isActive) bar.stop();
    },
  };
}

/** `120/200 images indexed, 45/s, 2 s left`. @param ms since it began */
function progressText(done: number, total: number, what: string, ms: number): string {
  const rate = ms > 0 ? (done / ms) * 1000 : 0;
  const pace =
    rate > 0 ? `, ${rate.toFixed(rate < 10 ? 1 : 0)}/s, ${duration(((total - done) / rate) * 1000)} left` : '';
  return `${done}/${total} images ${what}${pace}`;
}
