import type { CapacityChange } from '../aws/step-scaling.ts';
import type { Deployment } from '../template/deployment.ts';
import { type Costs, costsOf } from './costs.ts';
import type { Scenario, SimulationOptions } from './scenario.ts';
import { Simulation } from './simulation.ts';
import type { RaisedAlarm } from './watch.ts';

/** What a simulation shows. Times are seconds from its start. */
export interface Outcome extends Costs {
  readonly scenario: string;
  readonly images: number;
  readonly classified: number;
  readonly rejected: number;
  readonly deadLetters: number;
  /** Images that a queue dropped at the end of its retention period. */
  readonly lost: number;
  /** Messages that were delivered again while they were still processed. */
  readonly duplicates: number;
  readonly firstRow: number | undefined;
  readonly lastRow: number | undefined;
  /** The longest time without a row while images waited. */
  readonly longestWait: number;
  readonly oldestUpload: number;
  readonly oldestCrop: number;
  readonly maxInstances: number;
  readonly interruptions: number;
  /** Times that workers were started again within 20 minutes after some were ended. */
  readonly restarts: number;
  readonly changes: readonly CapacityChange[];
  /** Alarms for people, in the order in which they went off. */
  readonly alarms: readonly RaisedAlarm[];
}

/** Runs one scenario. */
export function simulate(deployment: Deployment, scenario: Scenario, options: SimulationOptions = {}): Outcome {
  const simulation = new Simulation(deployment, scenario, options).run();
  const { progress, scaling, instances, ingest, classify, watch } = simulation;
  return {
    scenario: scenario.name,
    images: progress.arrived,
    classified: progress.classified,
    rejected: progress.rejected,
    deadLetters: simulation.deadLetters,
    lost: simulation.expired,
    duplicates: ingest.duplicates + (classify?.duplicates ?? 0),
    firstRow: progress.firstRow,
    lastRow: progress.lastRow,
    longestWait: progress.longestWait.seconds,
    oldestUpload: progress.oldestUpload,
    oldestCrop: progress.oldestCrop,
    maxInstances: instances?.maxCount ?? 0,
    interruptions: instances?.interruptions ?? 0,
    restarts: countRestarts(scaling.changes),
    changes: scaling.changes,
    alarms: watch.raised,
    ...costsOf(simulation),
  };
}

/** Within this time a new worker would have found an instance that still runs. */
const soonSeconds = 20 * 60;

function countRestarts(changes: readonly CapacityChange[]): number {
  return changes.filter(({ at, from, to }, index) => {
    const before = changes[index - 1];
    return to > from && before && before.to < before.from && at - before.at < soonSeconds;
  }).length;
}
