import { assumptionsOf } from '../../jobs/cost/estimate.ts';
import { amount } from '../../jobs/cost/line.ts';
import type { Usage } from '../../jobs/cost/usage.ts';
import { computationId } from '../../results/questions/computation.ts';
import type { ComputationCounts } from '../../results/questions/count-by-computation.ts';
import type { ImageProgress, Status } from '../engine/status/progress.ts';
import { billRows, describeJob, printAssumptions } from './print-plan.ts';
import { printStatuses } from './print-statuses.ts';
import { printTable } from './print-table.ts';
import { duration, images } from './words.ts';

/** @param columns characters per line; undefined elsewhere than on a terminal */
export function printStatus(status: Status, columns: number | undefined): void {
  const { job, jobs, images: count, computed, first, last, seconds, imagesPerSecond } = status;
  if (jobs.length > 1) printJobs(status, columns);
  printStatuses(statusRows(status));
  const whose = job === undefined ? '' : ` of job ${job}`;
  const { bytes = 0, providers = [], models = [] } = computed ?? {};
  const by = providers.map(({ provider, images: own }) => `${provider} (${amount(own)})`).join(', ');
  const read = computed === undefined ? '' : `, ${(bytes / 1e6).toFixed(1)} MB read`;
  console.log(`${amount(count)} ${images(count)}${whose}${read}${by === '' ? '' : `, classified by ${by}`}`);
  if (models.length > 1) for (const own of models) console.log(modelLine(own));
  if (first && last) {
    const rate = imagesPerSecond === null ? '' : ` (${imagesPerSecond}/s)`;
    console.log(`${first.toISOString()} to ${last.toISOString()}: ${duration(seconds * 1000)}${rate}`);
  }
  if (status.total === null) console.log(unknownTotal(status));
  else console.log(progressLine(status));
  for (const line of queueLines(status)) console.log(line);
  if (models.length > 1)
    console.log('What was used counts an image for every time that it was computed, not for other labels.');
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
  const known = (count: number | null) => (count === null ? '?' : amount(count));
  printTable(
    ['job', 'total', 'classified', 'rejected', 'deleted', 'pending', '/s', 'last'],
    jobs.map((own) => [
      own.job,
      known(own.total),
      amount(own.counts.classified),
      amount(own.counts.rejected),
      amount(own.counts.deleted),
      known(own.pending),
      own.imagesPerSecond === null ? '' : String(own.imagesPerSecond),
      own.last === null ? '' : own.last.toISOString().slice(0, 19),
    ]),
    { columns, wrapped: 0, rightFrom: 1 },
  );
}

/** `tiny@0123456789ab/fedcba9876543210 has 5 images, 1 rejected` */
function modelLine({ model, preprocess, classified, rejected, deleted }: ComputationCounts): string {
  const count = classified + rejected + deleted;
  return [
    `${computationId({ model, preprocess })} has ${amount(count)} ${images(count)}`,
    ...(rejected > 0 ? [`${amount(rejected)} rejected`] : []),
    ...(deleted > 0 ? [`${amount(deleted)} deleted`] : []),
  ].join(', ');
}

/** Why there is no total, in one line. */
function unknownTotal({ jobs }: Status): string {
  const without = jobs.filter(({ total }) => total === null).length;
  const which =
    jobs.length === 1
      ? 'The job has no list of its images'
      : `${without} of ${jobs.length} jobs have no list of their images`;
  return `${which}: those still on their way have no row, so that they are not among these.`;
}

/** `photos: 120/200 images (60.0 %), 3 rejected, 80 pending, 12.3/s, 7 s left` for every job, for all, and its queues. */
export function progressLines(status: Status): string[] {
  const { jobs } = status;
  return [
    ...jobs.map((own) => `${own.job}: ${progressLine(own)}`),
    ...(jobs.length > 1 ? [`all: ${progressLine(status)}`] : []),
    ...queueLines(status),
  ];
}

/** Where images stand, in one line. */
export function progressLine(standing: ImageProgress): string {
  const { total, images: done, counts, pending, recentPerSecond, secondsLeft } = standing;
  const { rejected, deleted } = counts;
  const share = total === null || total === 0 ? '' : ` (${((100 * done) / total).toFixed(1)} %)`;
  return [
    `${amount(done)}/${total === null ? '?' : amount(total)} ${images(total ?? 2)}${share}`,
    ...(rejected > 0 ? [`${amount(rejected)} rejected`] : []),
    ...(deleted > 0 ? [`${amount(deleted)} deleted`] : []),
    ...(pending === null ? [] : [`${amount(pending)} pending`]),
    ...(recentPerSecond > 0 && pending !== 0 ? [`${recentPerSecond}/s`] : []),
    ...(secondsLeft ? [`${duration(1000 * secondsLeft)} left`] : []),
    ...(pending !== 0 && recentPerSecond === 0 ? ['nothing done in the last five minutes'] : []),
  ].join(', ');
}

function queueLines({ queues }: Status): string[] {
  return queues.map(
    ({ url, waiting, held }) => `${url.slice(url.lastIndexOf('/') + 1)}: ${amount(waiting)} wait, ${amount(held)} held`,
  );
}

function printUsage({ unbilled, estimates }: Usage, columns: number | undefined): void {
  if (unbilled > 0) {
    console.log(
      `${amount(unbilled)} ${images(unbilled)} of a folder used a machine of one's own, which AWS does not bill.`,
    );
  }
  for (const estimate of estimates) {
    console.log(`\nUsed, estimated by list prices: ${describeJob(estimate)}\n`);
    printTable(['', 'arithmetic', '$'], billRows(estimate), { columns, wrapped: 1 });
    console.log(
      '\nRows do not tell how many crops each image had, how many workers there were, of which type and market, or whether ' +
        'the CPU was that of a function: what this says of them is assumed.',
    );
    printAssumptions(assumptionsOf(estimate.job));
  }
}
