import type { SubmitCounts } from '../engine/submit.ts';
import { displayProgress, type Progress } from './progress-display.ts';
import { rateText } from './rate-text.ts';

/** Shows the progress of a submission. */
export function submitProgress(counts: () => SubmitCounts): Progress {
  const started = performance.now();
  return displayProgress('{text}', () => ({
    text: submitText(counts(), performance.now() - started),
    done: 0,
    total: 1,
  }));
}

/** `120,000 listed, 100,000 of 118,200 submitted, 1,250/s`; the total is known once all are listed. */
export function submitText({ listed, wanted, ended, submitted }: SubmitCounts, ms: number): string {
  const whole = (count: number) => Math.round(count).toLocaleString('en');
  const rate = submitted > 0 ? [rateText((submitted / ms) * 1000)] : [];
  return [
    `${whole(listed)} listed`,
    `${whole(submitted)} ${ended ? `of ${whole(wanted)} ` : ''}submitted`,
    ...rate,
  ].join(', ');
}
