import { duration } from './duration.ts';
import { newBar } from './new-bar.ts';
import { barEveryMs, lineEveryMs, type Progress } from './progress-display.ts';
import { rateText } from './rate-text.ts';

/** Progress in images on stderr: a bar on a terminal, otherwise a line every ten seconds. */
export interface CountProgress extends Progress {
  show(done: number, total: number): void;
}

/** @param participle such as `indexed` */
export function countProgress(participle: string): CountProgress {
  let started: number | undefined;
  let shown = 0;
  const bar = process.stderr.isTTY ? newBar('{bar} {percentage}% | {text}') : undefined;
  return {
    show(done, total) {
      const now = performance.now();
      // Short work is not shown at all.
      if (started === undefined) [started, shown] = [now, now];
      if (now - shown < (bar ? barEveryMs : lineEveryMs)) return;
      shown = now;
      const text = progressText(done, total, participle, now - started);
      if (bar === undefined) console.error(text);
      else if (bar.isActive) bar.update(done, { text });
      else bar.start(total, done, { text });
    },
    stop() {
      if (bar?.isActive) bar.stop();
    },
  };
}

/** `120/200 images indexed, 45/s, 2s left`. @param ms since the start */
function progressText(done: number, total: number, participle: string, ms: number): string {
  const rate = ms > 0 ? (done / ms) * 1000 : 0;
  const pace = rate > 0 ? `, ${rateText(rate)}, ${duration(((total - done) / rate) * 1000)} left` : '';
  return `${done}/${total} images ${participle}${pace}`;
}
