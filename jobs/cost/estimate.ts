import { type Assumption, assumptions, gpuRate } from './assumptions.ts';
import { cropsLines, sentCrops } from './crops-lines.ts';
import { ingestLines } from './ingest-lines.ts';
import { type Line, sumOf } from './line.ts';
import { resultsLines } from './results-lines.ts';
import { telemetryLines } from './telemetry-lines.ts';
import { computeHours, elapsedHours, extraHours, workerLines } from './worker-lines.ts';
import type { Workload } from './workload.ts';

/** What a job takes and costs on AWS. */
export interface Estimate {
  readonly job: Workload;
  /** How the crops go, as ingest would choose it. */
  readonly transport: 'inline' | 'packed';
  readonly lines: readonly Line[];
  readonly dollars: number;
  readonly dollarsPerMillion: number;
  /** From the first image to the last row, with as many workers as the job has. */
  readonly hours: number;
  /** Of all workers together, start and end included. */
  readonly workerHours: number;
}

export function estimate(job: Workload): Estimate {
  const sent = sentCrops(job);
  const lines = [
    ...ingestLines(job, sent),
    ...cropsLines(job, sent),
    ...workerLines(job),
    ...resultsLines(job),
    ...telemetryLines(job),
  ];
  const dollars = sumOf(lines);
  return {
    job,
    transport: sent.transport,
    lines,
    dollars,
    dollarsPerMillion: (dollars / job.images) * 1e6,
    hours: elapsedHours(job),
    workerHours: computeHours(job) + job.workers * extraHours(job.worker),
  };
}

/** What the estimate rests on beside prices, without what its worker has nothing to do with. */
export function assumptionsOf({ worker }: Workload): Assumption[] {
  const { lambdaRate, lambdaStartSeconds, startMinutes, idleMinutes, volumeGb, ...others } = assumptions;
  const own = worker.kind === 'gpu' ? [gpuRate, startMinutes, idleMinutes, volumeGb] : [lambdaRate, lambdaStartSeconds];
  const all: readonly Assumption[] = [...own, ...Object.values(others)];
  const isSaid = (assumption: Assumption) => assumption === own[0] && assumption.value !== worker.rate;
  return all.map((assumption) =>
    isSaid(assumption) ? { ...assumption, value: worker.rate, from: 'as --rate says' } : assumption,
  );
}

/** What belongs to whoever has the images, or to a deployment whatever it does. */
export const notCounted = [
  "the images' own storage, and the requests that uploaded them",
  'what a deployment costs while it stands: alarms, $0.10 each a month, and container images in their registry',
  'a second GPU instance that ECS may start from none for a quarter of an hour, $0.20 at most',
  'receives that bring nothing, messages that come twice, images that are tried again',
  'taxes, what is free each month, and transfer out of the region',
] as const;
