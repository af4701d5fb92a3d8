import { type Assumption, assumptions } from './assumptions.ts';
import { cropsLines, sentCrops } from './crops-lines.ts';
import { ingestHours, ingestLines } from './ingest-lines.ts';
import { type Line, sumOf } from './line.ts';
import { resultsLines } from './results-lines.ts';
import { telemetryLines } from './telemetry-lines.ts';
import { elapsedHours, idleHours, isLimitedByIngest, runningHours, workerLines } from './worker-lines.ts';
import type { Workload } from './workload.ts';

/** Duration and cost of a job on AWS. */
export interface Estimate {
  readonly job: Workload;
  /** As ingest would choose it. */
  readonly transport: 'inline' | 'packed';
  readonly lines: readonly Line[];
  readonly dollars: number;
  readonly dollarsPerMillion: number;
  /** From the first image to the last row. */
  readonly hours: number;
  /** Of all workers together, including start and idle time. */
  readonly workerHours: number;
  /** Of all ingest functions together. */
  readonly ingestHours: number;
  /** Whether ingest takes longest, so that more workers would not shorten the job. */
  readonly limitedByIngest: boolean;
}

export function estimate(job: Workload): Estimate {
  const sent = sentCrops(job);
  const lines = [
    ...ingestLines(job, sent),
    ...cropsLines(job, sent),
    ...workerLines(job, sent),
    ...resultsLines(job),
    ...telemetryLines(job, sent),
  ];
  const dollars = sumOf(lines);
  return {
    job,
    transport: sent.transport,
    lines,
    dollars,
    dollarsPerMillion: (dollars / job.images) * 1e6,
    hours: elapsedHours(job, sent),
    workerHours: runningHours(job, sent) + job.workers * idleHours(job.worker),
    ingestHours: ingestHours(job, sent),
    limitedByIngest: isLimitedByIngest(job, sent),
  };
}

/** The assumptions behind an estimate, as far as they apply to its kind of worker, and to regions. */
export function assumptionsOf({ worker, regions }: Workload): Assumption[] {
  const { floatRate, int8Rate, lambdaStartSeconds, startMinutes, idleMinutes, volumeGb, ...shared } = assumptions;
  const { proposalMs, regionMs, regionMegapixelMs, keptRegions, regionBytes, ...others } = shared;
  const speed = { what: 'speed of a worker', value: worker.rate, unit: 'crops/s', from: worker.rateFrom };
  const ofWorker = worker.kind === 'lambda' ? [lambdaStartSeconds] : [startMinutes, idleMinutes, volumeGb];
  const ofRegions = regions > 0 ? [proposalMs, regionMs, regionMegapixelMs, keptRegions, regionBytes] : [];
  return [speed, ...ofWorker, ...Object.values(others), ...ofRegions];
}

/** Costs of the images themselves, and of a deployment without load. */
export const notCounted = [
  'storage and upload of the images',
  'fixed costs of a deployment: alarms ($0.10 each per month) and container images in their registry',
  'a second instance that ECS may start for a quarter of an hour, $0.20 at most',
  'empty receives, duplicate messages, retried images',
  'taxes, the free tier, and transfer out of the region',
] as const;
