import { messagesPerInvocation } from '../../shared/deployment/defaults.ts';
import {
  addressPrices,
  hoursPerMonth,
  instancePrices,
  lambdaPrices,
  spotPrices,
  volumePrices,
} from '../../shared/deployment/prices.ts';
import { assumptions } from './assumptions.ts';
import { amount, type Line, lineOf } from './line.ts';
import type { Worker, Workload } from './workload.ts';

const part = 'classify';

/** Hours for which all workers together compute. */
export function computeHours({ images, crops, worker }: Workload): number {
  return (images * crops) / worker.rate / 3600;
}

/** Hours for which each worker is paid and computes nothing: it starts, and in the end waits to be taken away. */
export function extraHours({ kind }: Worker): number {
  const { startMinutes, idleMinutes, lambdaStartSeconds } = assumptions;
  return kind === 'gpu' ? (startMinutes.value + idleMinutes.value) / 60 : lambdaStartSeconds.value / 3600;
}

/** Hours from the first image to the last row. Ingest runs in as many functions as it takes, and is not waited for. */
export function elapsedHours(job: Workload): number {
  const { startMinutes, lambdaStartSeconds } = assumptions;
  const start = job.worker.kind === 'gpu' ? startMinutes.value / 60 : lambdaStartSeconds.value / 3600;
  return start + computeHours(job) / job.workers;
}

/** From crops to answers. */
export function workerLines(job: Workload): Line[] {
  return job.worker.kind === 'gpu' ? gpuLines(job, job.worker) : lambdaLines(job);
}

function gpuLines(job: Workload, worker: Extract<Worker, { kind: 'gpu' }>): Line[] {
  const { workers } = job;
  const { instance, spotShare, rate } = worker;
  const compute = computeHours(job);
  const extra = workers * extraHours(worker);
  const minutes = assumptions.startMinutes.value + assumptions.idleMinutes.value;
  const markets = [
    { name: 'Spot', share: spotShare, hour: spotPrices.hour[instance] },
    { name: 'on demand', share: 1 - spotShare, hour: instancePrices.onDemand[instance] },
  ].filter(({ share }) => share > 0);
  const shareOf = (share: number) => (share < 1 ? ` × ${amount(share * 100)} %` : '');
  return [
    ...markets.map(({ name, share, hour }) =>
      lineOf({
        part,
        what: `${instance}, ${name}, at work`,
        how: `${cropsText(job)} ÷ ${amount(rate)}/s${shareOf(share)}`,
        quantity: compute * share,
        unit: 'h',
        unitPrice: hour,
      }),
    ),
    ...markets.map(({ name, share, hour }) =>
      lineOf({
        part,
        what: `${instance}, ${name}, start and end`,
        how: `${amount(workers)} × ${amount(minutes)} min${shareOf(share)}`,
        quantity: extra * share,
        unit: 'h',
        unitPrice: hour,
      }),
    ),
    lineOf({
      part,
      what: 'public IPv4 address',
      quantity: compute + extra,
      unit: 'h',
      unitPrice: addressPrices.hour,
    }),
    lineOf({
      part,
      what: 'EBS volume, gp3',
      how: `${amount(assumptions.volumeGb.value)} GB × ${amount(compute + extra)} h ÷ ${hoursPerMonth} h`,
      quantity: (assumptions.volumeGb.value * (compute + extra)) / hoursPerMonth,
      unit: 'GB-months',
      unitPrice: volumePrices.gbMonth,
    }),
  ];
}

/** A function, reckoned as of one core, reads the crops of a batch of messages and writes their rows. */
function lambdaLines(job: Workload): Line[] {
  const { images, workers, worker } = job;
  const { answerMs, lambdaStartSeconds, vcpuMb } = assumptions;
  const gigabytes = vcpuMb.value / 1024;
  const invocations = lambdaInvocations(job);
  const waits = 2 * answerMs.value;
  const starts = workers * lambdaStartSeconds.value;
  const compute = computeHours(job) * 3600;
  return [
    lineOf({
      part,
      what: 'Lambda, invocations',
      how: `${amount(images)} images ÷ ${messagesPerInvocation} a batch`,
      quantity: invocations,
      unit: 'requests',
      unitPrice: lambdaPrices.request,
    }),
    lineOf({
      part,
      what: 'Lambda, time at work',
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

/** Invocations of the classify function, each of which writes a part. */
export function lambdaInvocations({ images }: Workload): number {
  return Math.ceil(images / messagesPerInvocation);
}

function cropsText({ images, crops }: Workload): string {
  return crops === 1 ? `${amount(images)} images` : `${amount(images)} × ${amount(crops)} crops`;
}
