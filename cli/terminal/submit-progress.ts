import type { Selected } from '../../jobs/submit/select-objects.ts';
import type { Sent } from '../../jobs/submit/send-images.ts';
import { newBar } from './new-bar.ts';
import type { Progress } from './progress.ts';

export type SubmitCounts = Pick<Selected, 'listed' | 'wanted' | 'ended'> & Pick<Sent, 'submitted'>;

const lineEveryMs = 10_000;
const shownEveryMs = 200;

/** Shows on stderr how far a submission is: one line that changes on a terminal, a line now and then elsewhere. */
export function submitProgress(counts: () => SubmitCounts): Progress {
  const started = performance.now();
  const text = () => submitText(counts(), performance.now() - started);
  if (!process.stderr.isTTY) {
    const timer = setInterval(() => console.error(text()), lineEveryMs);
    return { stop: () => clearInterval(timer) };
  }
  const shown = newBar('{text}');
  const update = () => shown.update(0, { text: text() });
  shown.start(1, 0, { text: 'starting' });
  const timer = setInterval(update, shownEveryMs);
  return {
    stop() {
      clearInterval(timer);
      update();
      shown.stop();
    },
  };
}

/** `120,000 listed, 100,000 of 118,200 submitted, 1,250/s`; of how many is known once all are listed. */
export function submitText({ listed, wanted, ended, submitted }: SubmitCounts, ms: number): string {
  const whole = (count: number) => Math.round(count).toLocaleString('en');
  const rate = submitted > 0 ? [`${whole((submitted / ms) * 1000)}/s`] : [];
  return [
    `${whole(listed)} listed`,
    `${whole(submitted)} ${ended ? `of ${whole(wanted)} ` : ''}submitted`,
    ...rate,
  ].join(', ');
}
