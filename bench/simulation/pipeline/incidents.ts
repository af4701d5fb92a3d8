import type { AssumedValues } from '../assumptions.ts';
import type { Deployment } from '../template/deployment.ts';
import { simulate } from './outcome.ts';
import { burst, type Scenario, type SimulationOptions, stream } from './scenario.ts';
import type { RaisedAlarm } from './watch.ts';

/** Something that goes wrong in a deployment. */
export interface Incident {
  readonly name: string;
  readonly scenario: Scenario;
  readonly assumed?: Partial<AssumedValues>;
  /** Whether it can only happen to workers. */
  readonly ofWorkers: boolean;
}

/** Dollars a month with which the incidents are shown. */
export const incidentBudget = 100;

const photos = 200;

/** Each with as few images as a small user drops, where their number matters. */
export const incidents: readonly Incident[] = [
  {
    name: 'wrong key policy: ingest may not read the images',
    scenario: burst(photos, { faults: { unreadable: true }, hours: 6 }),
    ofWorkers: false,
  },
  {
    name: 'new image of the worker that crashes',
    scenario: burst(photos, { faults: { workersCrash: true }, hours: 6 }),
    ofWorkers: true,
  },
  {
    name: 'notifications of the bucket overwritten',
    scenario: burst(photos, { faults: { noNotifications: true }, hours: 6 }),
    ofWorkers: false,
  },
  {
    name: 'no Spot capacity',
    scenario: burst(photos, { faults: { noCapacity: true }, hours: 6 }),
    ofWorkers: true,
  },
  {
    name: 'runaway cost: 2,000 uploads per second without end',
    scenario: stream(120_000, { hours: 36 }),
    ofWorkers: false,
  },
  {
    name: 'missing manifest: every invocation of ingest fails',
    scenario: burst(photos, { faults: { ingestErrors: true }, hours: 6 }),
    ofWorkers: false,
  },
  {
    name: 'workers that hang',
    scenario: burst(photos, { faults: { workersHang: true }, hours: 6 }),
    ofWorkers: true,
  },
  {
    name: 'concurrency used up: a million uploads, five invocations left',
    scenario: burst(1e6, { hours: 12 }),
    assumed: { accountConcurrency: 5 },
    ofWorkers: false,
  },
];

export interface IncidentOutcome {
  readonly incident: string;
  /** Alarms for people, in the order in which they went off. */
  readonly alarms: readonly RaisedAlarm[];
}

/** Which alarms go off for each incident that can happen to a deployment, and when. */
export function simulateIncidents(deployment: Deployment, options: SimulationOptions = {}): IncidentOutcome[] {
  return incidents
    .filter(({ ofWorkers }) => !ofWorkers || deployment.workers !== undefined)
    .map(({ name, scenario, assumed }) => {
      const { alarms } = simulate(deployment, scenario, { ...options, assumed: { ...options.assumed, ...assumed } });
      return { incident: name, alarms };
    });
}
