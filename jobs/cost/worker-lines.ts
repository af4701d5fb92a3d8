import { classifyCores, messagesPerInvocation } from '../../shared/deployment/defaults.ts';
import {
  addressPrices,
  hoursPerMonth,
  instancePrices,
  lambdaPrices,
  spotPrices,
  volumePrices,
} from '../../shared/deployment/prices.ts';
import { assumptions } from './assumptions.ts';
import type { SentCrops } from './crops-lines.ts';
import { ingestElapsedHours, ingestHours } from './ingest-lines.ts';
import { amount, type Line, lineOf } from './line.ts';
import { cropsInAll, type Worker, type Workload } from './workload.ts';

const part = 'classify';

/** Hours that all workers together compute. */
export function computeHours(job: Workload): number {
  return (job.images * cropsInAll(job)) / job.worker.rate / 3600;
}

/** Billed hours of each worker without work: it starts, and at the end it idles until it is removed. */
export function idleHours({ kind }: Worker): number {
  const { startMinutes, idleMinutes, lambdaStartSeconds } = assumptions;
  return kind === 'lambda' ? lambdaStartSeconds.value / 3600 : (startMinutes.value + idleMinutes.value) / 60;
}

/** Hours from the first image to the last row: those of ingest if it takes longer than the workers. */
export function elapsedHours(job: Workload, sent: SentCrops): number {
  return Math.max(startHours(job.worker) + computeHours(job) / job.workers, ingestElapsedHours(job, sent));
}

/** Whether more workers would not shorten a job. */
export function isLimitedByIngest(job: Workload, sent: SentCrops): boolean {
  return ingestElapsedHours(job, sent) > startHours(job.worker) + computeHours(job) / job.workers;
}

/**
 * Hours that instances run after their start and before they idle at the end. Their number follows the waiting crops, so that
 * at least one runs until ingest is done.
 */
export function runningHours(job: Workload, sent: SentCrops): number {
  return Math.max(computeHours(job), ingestElapsedHours(job, sent) - startHours(job.worker));
}

/** Hours until a worker computes. */
export function startHours({ kind }: Pick<Worker, 'kind'>): number {
  const { startMinutes, lambdaStartSeconds } = assumptions;
  return kind === 'lambda' ? lambdaStartSeconds.value / 3600 : startMinutes.value / 60;
}

export function workerLines(job: Workload, sent: SentCrops): Line[] {
  return job.worker.kind === 'lambda' ? lambdaLines(job) : instanceLines(job, job.worker, sent);
}

function instanceLines(job: Workload, worker: Exclude<Worker, { kind: 'lambda' }>, sent: SentCrops): Line[] {
  const { workers } = job;
  const { instance, spotShare } = worker;
  const running = runningHours(job, sent);
  const idle = workers * idleHours(worker);
  const minutes = assumptions.startMinutes.value + assumptions.idleMinutes.value;
  const markets = [
    { name: 'Spot', share: spotShare, hour: spotPrices.hour[instance] },
    { name: 'on demand', share: 1 - spotShare, hour: instancePrices[instance].hour },
  ].filter(({ share }) => share > 0);
  const shareOf = (share: number) => (share < 1 ? ` × ${amount(share * 100)} %` : '');
  return [
    ...markets.map(({ name, share, hour }) =>
      lineOf({
        part,
        what: `${instance}, ${name}, working`,
        how: `${runningText(job, sent)}${shareOf(share)}`,
        quantity: running * share,
        unit: 'h',
        unitPrice: hour,
      }),
    ),
    ...markets.map(({ name, share, hour }) =>
      lineOf({
        part,
        what: `${instance}, ${name}, start and idle`,
        how: `${amount(workers)} × ${amount(minutes)} min${shareOf(share)}`,
        quantity: idle * share,
        unit: 'h',
        unitPrice: hour,
      }),
    ),
    lineOf({
      part,
      what: 'public IPv4 addresses',
      quantity: running + idle,
      unit: 'h',
      unitPrice: addressPrices.hour,
    }),
    lineOf({
      part,
      what: 'EBS volumes, gp3',
      how: `${amount(assumptions.volumeGb.value)} GB × ${amount(running + idle)} h ÷ ${hoursPerMonth} h`,
      quantity: (assumptions.volumeGb.value * (running + idle)) / hoursPerMonth,
      unit: 'GB-months',
      unitPrice: volumePrices.gbMonth,
    }),
  ];
}

function runningText(job: Workload, sent: SentCrops): string {
  if (runningHours(job, sent) === computeHours(job)) return `${cropsText(job)} ÷ ${amount(job.worker.rate)}/s`;
  const functions = amount(ingestHours(job, sent) / ingestElapsedHours(job, sent));
  return `(${amount(ingestHours(job, sent))} h of ingest ÷ ${functions} − ${amount(startHours(job.worker))} h)`;
}

/** Functions; each invocation reads the crops of a batch of messages and writes their rows. */
function lambdaLines(job: Workload): Line[] {
  const { images, workers, worker } = job;
  const { answerMs, lambdaStartSeconds, megabytesPerCore } = assumptions;
  const gigabytes = (classifyCores * megabytesPerCore.value) / 1024;
  const invocations = lambdaInvocations(job);
  const waits = 2 * answerMs.value;
  const starts = workers * lambdaStartSeconds.value;
  const compute = computeHours(job) * 3600;
  return [
    lineOf({
      part,
      what: 'Lambda, invocations',
      how: `${amount(images)} images ÷ ${messagesPerInvocation(cropsInAll(job))} per batch`,
      quantity: invocations,
      unit: 'requests',
      unitPrice: lambdaPrices.request,
    }),
    lineOf({
      part,
      what: 'Lambda, working time',
      how: `(${amount(invocations)} × ${amount(waits)} ms + ${cropsText(job)} ÷ ${amount(worker.rate)}/s) × ${amount(gigabytes)} GB`,
      quantity: ((invocations * waits) / 1000 + compute) * gigabytes,
      unit: 'GB-s',
      unitPrice: lambdaPrices.gbSecond,
    }),
    lineOf({
      part,
      what: 'Lambda, starts',
      how: `${amount(workers)} × ${amount(lambdaStartSeconds.value)} s × ${amount(gigabytes)} GB`,
      quantity: starts * gigabytes,
      unit: 'GB-s',
      unitPrice: lambdaPrices.gbSecond,
    }),
  ];
}

/** Invocations of the classify function; each writes a part. */
export function lambdaInvocations(job: Workload): number {
  return Math.ceil(job.images / messagesPerInvocation(cropsInAll(job)));
}

function cropsText({ images, crops, regions }: Workload): string {
  if (regions > 0) return `${amount(images)} × (${amount(crops)} + ${amount(regions)}) crops`;
  return crops === 1 ? `${amount(images)} images` : `${amount(images)} × ${amount(crops)} crops`;
}
