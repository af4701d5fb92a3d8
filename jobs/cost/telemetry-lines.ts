import { partRows } from '../../shared/deployment/defaults.ts';
import { cloudWatchPrices, hoursPerMonth, xrayPrices } from '../../shared/deployment/prices.ts';
import { assumptions } from './assumptions.ts';
import type { SentCrops } from './crops-lines.ts';
import { amount, type Line, lineOf } from './line.ts';
import { elapsedHours, lambdaInvocations } from './worker-lines.ts';
import type { Workload } from './workload.ts';

/** Logs, metrics and traces. A worker on an instance writes one log line per part. */
export function telemetryLines(job: Workload, sent: SentCrops): Line[] {
  const part = 'telemetry';
  const { logBytes, metrics, tracedShare } = assumptions;
  const isLambda = job.worker.kind === 'lambda';
  const classifies = isLambda ? lambdaInvocations(job) : Math.ceil(job.images / partRows);
  const ingests = Math.ceil(job.images / job.ingestBatch);
  const traced = isLambda ? ingests + classifies : ingests;
  const hours = elapsedHours(job, sent);
  return [
    lineOf({
      part,
      what: 'CloudWatch, logs',
      how: `(${amount(ingests)} + ${amount(classifies)}) × ${amount(logBytes.value)} bytes`,
      quantity: ((ingests + classifies) * logBytes.value) / 1e9,
      unit: 'GB',
      unitPrice: cloudWatchPrices.logGb,
    }),
    lineOf({
      part,
      what: 'CloudWatch, metrics',
      how: `${amount(metrics.value)} × ${amount(hours)} h ÷ ${hoursPerMonth} h`,
      quantity: (metrics.value * hours) / hoursPerMonth,
      unit: 'metric-months',
      unitPrice: cloudWatchPrices.metricMonth,
    }),
    lineOf({
      part,
      what: 'X-Ray, traces',
      how: `${amount(traced)} × ${amount(tracedShare.value * 100)} %`,
      quantity: traced * tracedShare.value,
      unit: 'traces',
      unitPrice: xrayPrices.traceRecorded,
    }),
  ];
}
