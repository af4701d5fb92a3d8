import { lineEveryMs, type Progress } from './progress-display.ts';
import { rateText } from './rate-text.ts';

/** Counts images on stderr while their number is not known: `120 images, 45/s`. Short work is not shown. */
export interface OutcomeProgress extends Progress {
  count(): void;
}

export function outcomeProgress(): OutcomeProgress {
  const everyMs = process.stderr.isTTY ? 500 : lineEveryMs;
  let first = 0;
  let shown = 0;
  let images = 0;
  let isDrawn = false;
  return {
    count() {
      const now = performance.now();
      images += 1;
      if (images === 1) {
        first = now;
        shown = now;
      }
      if (now - shown < everyMs) return;
      shown = now;
      const text = `${images} images, ${rateText(((images - 1) / (now - first)) * 1000)}`;
      if (process.stderr.isTTY) process.stderr.write(`\r${text}\x1b[K`);
      else console.error(text);
      isDrawn = process.stderr.isTTY;
    },
    stop() {
      if (isDrawn) process.stderr.write('\r\x1b[K');
    },
  };
}
