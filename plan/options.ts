import { type Estimate, estimate } from '../jobs/cost/estimate.ts';
import { defaultWorkers, type Worker, type Workload } from '../jobs/cost/workload.ts';
import { classifyCores } from '../shared/deployment/defaults.ts';
import {
  type CpuInstance,
  cpuInstances,
  type GpuInstance,
  gpuInstances,
  instanceCpus,
} from '../shared/deployment/priced-instances.ts';
import { type Deadline, fitDeadline } from './deadline.ts';
import type { ModelSpeed, SpeedSource, Speeds } from './speeds.ts';

/** What may classify, as a deployment has it: an instance type, or the CPU function. */
export type OptionName = GpuInstance | CpuInstance | 'lambda';

export const optionNames = [...gpuInstances, ...cpuInstances, 'lambda'] as const satisfies readonly OptionName[];

/** A job on one kind of worker with one model. */
export interface PlanOption {
  readonly name: OptionName;
  readonly model: string;
  readonly source: SpeedSource;
  readonly isInt8: boolean;
  /** On the chosen market. */
  readonly estimate: Estimate;
  /** Totals of the two markets; a function has only one price. */
  readonly dollars: { readonly onDemand: number; readonly spot: number | undefined };
  /** Why it cannot meet the deadline. */
  readonly problem?: string;
}

export interface OptionsOfJob {
  readonly speeds: Speeds;
  /** Share of instance hours on Spot, 0 to 1. */
  readonly spotShare: number;
  readonly deadlineHours?: number | undefined;
  /** @default as a deployment, or the fewest that meet the deadline */
  readonly workers?: number | undefined;
}

/** The same job on everything that a deployment can classify with; the cheapest first, and those that are late last. */
export function planOptions(job: Omit<Workload, 'worker' | 'workers'>, options: OptionsOfJob): PlanOption[] {
  const { cores, gpu } = options.speeds;
  const all = [
    ...(gpu === undefined ? [] : gpuInstances.map((name) => ({ name, speed: gpu }))),
    ...[...cpuInstances, 'lambda' as const].flatMap((name) => cores.map((speed) => ({ name, speed }))),
  ];
  return all
    .map(({ name, speed }) => optionOf(job, name, speed, options))
    .toSorted(
      (a, b) =>
        Number(a.problem !== undefined) - Number(b.problem !== undefined) || a.estimate.dollars - b.estimate.dollars,
    );
}

function optionOf(
  job: Omit<Workload, 'worker' | 'workers'>,
  name: OptionName,
  speed: ModelSpeed,
  { spotShare, deadlineHours, workers }: OptionsOfJob,
): PlanOption {
  const on = (share: number): Workload => {
    const worker = workerOf(name, speed, share);
    return { ...job, worker, workers: workers ?? defaultWorkers({ ...job, worker }) };
  };
  const fit: Deadline = fitDeadline(on(spotShare), deadlineHours);
  const estimateOn = (share: number) =>
    estimate({ ...on(share), workers: fit.workers, ingestConcurrency: fit.ingestConcurrency });
  return {
    name,
    model: speed.model,
    source: speed.source,
    isInt8: speed.isInt8 ?? false,
    estimate: estimateOn(spotShare),
    dollars: { onDemand: estimateOn(0).dollars, spot: name === 'lambda' ? undefined : estimateOn(1).dollars },
    ...(fit.problem === undefined ? {} : { problem: fit.problem }),
  };
}

function workerOf(name: OptionName, { rate, rateFrom }: ModelSpeed, spotShare: number): Worker {
  const times = (cores: number) => ({ rate: cores * rate, rateFrom: `${cores} cores, ${rateFrom}` });
  if (name === 'lambda') return { kind: 'lambda', ...times(classifyCores) };
  const gpu = gpuInstances.find((type) => type === name);
  if (gpu !== undefined) return { kind: 'gpu', instance: gpu, spotShare, rate, rateFrom };
  const cpu = cpuInstances.find((type) => type === name) ?? cpuInstances[0];
  return { kind: 'cpu', instance: cpu, spotShare, ...times(instanceCpus[cpu]) };
}
