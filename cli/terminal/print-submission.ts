import { escapeControls } from '../../results/export/escape-controls.ts';
import type { AwsOptions } from '../engine/command-watch.ts';
import { awsOf, followUp } from '../engine/follow-up.ts';
import type { Submission } from '../engine/submit.ts';
import { countOf } from './count-of.ts';
import { duration } from './duration.ts';
import { describeJob } from './print-plan.ts';
import { printStatuses } from './print-statuses.ts';
import { rateText } from './rate-text.ts';

/** @param aws how the store was reached, for the follow-up command */
export function printSubmission(submission: Submission, aws: AwsOptions): void {
  const { listed, filteredOut, done, wanted, submitted, refused, refusals, dryRun } = submission;
  printStatuses([
    { status: 'listed', count: listed },
    ...(filteredOut > 0 ? [{ status: 'filtered out', count: filteredOut }] : []),
    ...(done > 0 ? [{ status: 'done before', count: done }] : []),
    dryRun ? { status: 'to submit', count: wanted } : { status: 'submitted', count: submitted },
    ...(refused > 0 ? [{ status: 'refused', count: refused }] : []),
  ]);
  for (const { key, reason } of refusals) console.log(escapeControls(`${key}: ${reason}`));
  if (dryRun) printDryRun(submission);
  else printSent(submission, aws);
}

function printSent(submission: Submission, aws: AwsOptions): void {
  const { job, store, wanted, submitted, refused, seconds, imagesPerSecond, interrupted } = submission;
  if (submitted > 0) {
    console.log(
      `${countOf(submitted, 'image')} submitted to job ${job} in ${duration(seconds * 1000)} (${rateText(imagesPerSecond)})`,
    );
    console.log(`Follow the progress: ${followUp('status', { store, job, watch: true, ...awsOf(aws, store) })}`);
  }
  if (interrupted) console.log('Interrupted: run the same command again to continue.');
  else if (wanted === 0) console.log(nothingToDo(store));
  else if (refused > 0) console.log('The queue refused some images: run the same command again to retry them.');
}

function printDryRun({ wanted, bytes, estimate, store }: Submission): void {
  if (estimate === undefined) {
    console.log(nothingToDo(store));
    return;
  }
  const { dollars, hours } = estimate;
  console.log(`${countOf(wanted, 'image')}, ${(bytes / 1e6).toFixed(1)} MB; dry run: nothing was sent or written`);
  console.log(
    `$${dollars.toFixed(2)} in total at list prices, ${duration(hours * 3_600_000)}: ${describeJob(estimate)}`,
  );
  const { images, bytes: size, crops, regions } = estimate.job;
  const used = { crops, ...(regions > 0 ? { regions } : {}) };
  const plan = followUp('plan', { count: images, size: Math.round(size), ...used });
  console.log(`The calculation, and other workers: ${plan}`);
}

function nothingToDo(store: string): string {
  return `Nothing to submit: every image already has a result in ${store}.`;
}
