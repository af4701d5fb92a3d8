import type { Estimate } from '../../jobs/cost/estimate.ts';
import { amount } from '../../jobs/cost/line.ts';
import type { Selected } from '../../jobs/submit/select-objects.ts';
import type { Sent } from '../../jobs/submit/send-images.ts';
import { describeJob } from './print-plan.ts';
import { printStatuses } from './print-statuses.ts';
import { shellWord } from './shell-word.ts';
import { duration, images } from './words.ts';

/** What was submitted, for people and for machines. */
export interface Submission
  extends Pick<Selected, 'listed' | 'filteredOut' | 'done' | 'wanted' | 'bytes'>,
    Readonly<Sent> {
  readonly job: string;
  readonly store: string;
  readonly model: string;
  readonly preprocess: string;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly interrupted: boolean;
  /** Nothing was sent and nothing written. */
  readonly dryRun?: boolean;
  /** Of a dry run; undefined where nothing is left to do. */
  readonly estimate?: Estimate | undefined;
}

export function printSubmission(submission: Submission): void {
  const { listed, filteredOut, done, wanted, submitted, refused, refusals, dryRun } = submission;
  printStatuses([
    { status: 'listed', count: listed },
    ...(filteredOut > 0 ? [{ status: 'filtered out', count: filteredOut }] : []),
    ...(done > 0 ? [{ status: 'done before', count: done }] : []),
    dryRun ? { status: 'to submit', count: wanted } : { status: 'submitted', count: submitted },
    ...(refused > 0 ? [{ status: 'refused', count: refused }] : []),
  ]);
  for (const { key, reason } of refusals) console.log(`${key}: ${reason}`);
  if (dryRun) printDryRun(submission);
  else printSent(submission);
}

function printSent({
  job,
  store,
  wanted,
  submitted,
  refused,
  seconds,
  imagesPerSecond,
  interrupted,
}: Submission): void {
  if (submitted > 0) {
    console.log(
      `${amount(submitted)} ${images(submitted)} submitted to job ${job} in ${duration(seconds * 1000)} (${amount(imagesPerSecond)}/s)`,
    );
    const where = `--store ${shellWord(store)} --job ${shellWord(job)}`;
    console.log(`What becomes of them: inception-batch status ${where} --watch`);
  }
  if (interrupted) console.log('Interrupted: run the same command again to go on from here.');
  else if (wanted === 0) console.log(nothingToDo(store));
  else if (refused > 0) console.log('The queue refused some: run the same command again to try them.');
}

function printDryRun({ wanted, bytes, estimate, store }: Submission): void {
  if (estimate === undefined) {
    console.log(nothingToDo(store));
    return;
  }
  const { dollars, hours } = estimate;
  console.log(
    `${amount(wanted)} ${images(wanted)}, ${(bytes / 1e6).toFixed(1)} MB: nothing was sent, nothing was written`,
  );
  console.log(`$${dollars.toFixed(2)} all in by list prices, ${duration(hours * 3_600_000)}: ${describeJob(estimate)}`);
  console.log('"inception-batch plan" shows the arithmetic, and other workers.');
}

function nothingToDo(store: string): string {
  return `Nothing to submit: every image has a result in ${store} already.`;
}
