import { assumptionsOf } from '../../jobs/cost/estimate.ts';
import { amount } from '../../jobs/cost/line.ts';
import type { Usage } from '../../jobs/cost/usage.ts';
import { computationId } from '../../results/questions/computation.ts';
import type { ComputationCounts } from '../../results/questions/counts.ts';
import type { AwsOptions } from '../engine/command-watch.ts';
import { awsOf, followUp } from '../engine/follow-up.ts';
import type { ImageProgress, Status } from '../engine/status/progress.ts';
import { countOf } from './count-of.ts';
import { duration } from './duration.ts';
import { billRows, describeJob, printAssumptions } from './print-plan.ts';
import { printStatuses } from './print-statuses.ts';
import { printTable } from './print-table.ts';
import { rateText } from './rate-text.ts';

/**
 * @param columns see `terminalColumns`
 * @param aws how the store was reached, for the commands to run next
 */
export function printStatus(status: Status, columns: number | undefined, aws: AwsOptions): void {
  const { job, jobs, images: count, computed, first, last, seconds, imagesPerSecond } = status;
  if (jobs.length > 1) printJobs(status, columns);
  printStatuses(statusRows(status));
  const ofJob = job === undefined ? '' : ` of job ${job}`;
  const { bytes = 0, providers = [], models = [] } = computed ?? {};
  const by = providers.map((each) => `${each.provider} (${amount(each.images)})`).join(', ');
  const read = computed === undefined ? '' : `, ${(bytes / 1e6).toFixed(1)} MB read`;
  console.log(`${countOf(count, 'image')}${ofJob}${read}${by === '' ? '' : `, classified by ${by}`}`);
  if (models.length > 1) for (const model of models) console.log(modelLine(model));
  if (first && last) {
    const rate = imagesPerSecond === null ? '' : ` (${rateText(imagesPerSecond)})`;
    console.log(`${first.toISOString()} to ${last.toISOString()}: ${duration(seconds * 1000)}${rate}`);
  }
  if (status.total === null) console.log(unknownTotal(status));
  else console.log(progressLine(status));
  for (const line of [...watchingLines(status), ...stoppedLines(status, aws)]) console.log(line);
  for (const line of queueLines(status)) console.log(line);
  if (models.length > 1) {
    console.log('Usage counts an image each time it was computed; relabeling is not counted.');
  }
  if (computed) printUsage(computed.usage, columns);
}

function statusRows({ counts: { classified, reasons, deleted }, pending }: ImageProgress) {
  return [
    { status: 'classified', count: classified },
    ...reasons.map(({ reason, count }) => ({ status: 'rejected', reason, count })),
    ...(deleted > 0 ? [{ status: 'deleted', count: deleted }] : []),
    ...(pending === null ? [] : [{ status: 'pending', count: pending }]),
  ];
}

function printJobs({ jobs }: Status, columns: number | undefined): void {
  const someDeleted = jobs.some(({ counts }) => counts.deleted > 0);
  const known = (count: number | null) => (count === null ? '?' : amount(count));
  printTable(
    ['job', 'total', 'classified', 'rejected', ...(someDeleted ? ['deleted'] : []), 'pending', 'rate', 'last'],
    jobs.map(({ job, total, counts, pending, imagesPerSecond, last }) => [
      job,
      known(total),
      amount(counts.classified),
      amount(counts.rejected),
      ...(someDeleted ? [amount(counts.deleted)] : []),
      known(pending),
      imagesPerSecond === null ? '' : rateText(imagesPerSecond),
      last === null ? '' : last.toISOString().slice(0, 16),
    ]),
    { columns, wrapped: 0, rightFrom: 1 },
  );
}

/** `tiny@0123456789ab/fedcba9876543210 has 5 images, 1 rejected` */
function modelLine({ model, preprocess, classified, rejected, deleted }: ComputationCounts): string {
  return [
    `${computationId({ model, preprocess })} has ${countOf(classified + rejected + deleted, 'image')}`,
    ...(rejected > 0 ? [`${amount(rejected)} rejected`] : []),
    ...(deleted > 0 ? [`${amount(deleted)} deleted`] : []),
  ].join(', ');
}

/** Explains in one line why there is no total. */
function unknownTotal({ jobs }: Status): string {
  const without = jobs.filter(({ total }) => total === null).length;
  const subject =
    jobs.length === 1 ? 'This job has no image list' : `${without} of ${jobs.length} jobs have no image list`;
  return `${subject}, so images still in progress are not counted.`;
}

/** `photos: 120/200 images (60.0 %), 3 rejected, 80 pending, 12/s, 7s left` per job, for all jobs, and per queue. */
export function progressLines(status: Status): string[] {
  const { jobs } = status;
  return [
    ...jobs.map((job) => `${job.job}: ${progressLine(job)}`),
    ...(jobs.length > 1 ? [`all: ${progressLine(status)}`] : []),
    ...queueLines(status),
  ];
}

const waitingTexts = {
  starting: 'starting',
  stopped: 'stopped',
  stalled: 'no progress in the last five minutes',
} as const;

/** Formats the progress of images as one line. */
export function progressLine(progress: ImageProgress): string {
  const { total, images: done, counts, pending, recentPerSecond, secondsLeft, waiting } = progress;
  const { rejected, deleted } = counts;
  const share = total === null || total === 0 ? '' : ` (${((100 * done) / total).toFixed(1)} %)`;
  return [
    `${amount(done)}/${total === null ? '? images' : countOf(total, 'image')}${share}`,
    ...(rejected > 0 ? [`${amount(rejected)} rejected`] : []),
    ...(deleted > 0 ? [`${amount(deleted)} deleted`] : []),
    ...(pending === null ? [] : [`${amount(pending)} pending`]),
    ...(recentPerSecond > 0 && pending !== 0 && waiting === null ? [rateText(recentPerSecond)] : []),
    ...(secondsLeft ? [`${duration(1000 * secondsLeft)} left`] : []),
    ...(waiting === null ? [] : [waitingTexts[waiting]]),
  ].join(', ');
}

/** Which jobs get the new images of a folder. */
function watchingLines({ watching }: Status): string[] {
  return watching.map(({ job, source }) => `Job ${job} is being watched: new images in ${source} are classified.`);
}

/** How to continue the runs that stopped; they must read the same images into the same job. */
function stoppedLines({ stopped, store }: Status, aws: AwsOptions): string[] {
  const how = { run: 'stopped before the last image', watch: 'stopped, and may have missed images' };
  return stopped.map(
    ({ command, job, source }) =>
      `The ${command} of job ${job} ${how[command]}. To continue, run it again with the same options: ` +
      followUp(command, { store, job, ...awsOf(aws, store, source) }, [source]),
  );
}

function queueLines({ queues }: Status): string[] {
  return queues.map(
    ({ url, waiting, held }) =>
      `${url.slice(url.lastIndexOf('/') + 1)}: ${amount(waiting)} waiting, ${amount(held)} in flight`,
  );
}

function printUsage({ unbilled, estimates }: Usage, columns: number | undefined): void {
  if (unbilled > 0) {
    console.log(`${countOf(unbilled, 'image')} in a folder used your own machine, which AWS does not bill.`);
  }
  for (const estimate of estimates) {
    console.log(`\nEstimated usage at list prices: ${describeJob(estimate)}\n`);
    printTable(['', 'calculation', '$'], billRows(estimate), { columns, wrapped: 1 });
    console.log(
      '\nRows do not record the crops per image, the number, type and market of the workers, or whether the CPU was that of a ' +
        'function. These are assumed.',
    );
    printAssumptions(assumptionsOf(estimate.job));
  }
}
