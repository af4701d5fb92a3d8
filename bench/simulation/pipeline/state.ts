import type { AssumedValues } from '../assumptions.ts';
import type { EventQueue } from '../aws/event-queue.ts';
import type { Instances } from '../aws/instances.ts';
import type { MessageQueue } from '../aws/message-queue.ts';
import type { PolledFunction } from '../aws/polled-function.ts';
import type { Service } from '../aws/service.ts';
import type { Deployment } from '../template/deployment.ts';
import type { Progress } from './progress.ts';

/** A running simulation, as its metrics and its costs see it. */
export interface SimulationState {
  readonly deployment: Deployment;
  readonly assumed: AssumedValues;
  readonly time: EventQueue;
  readonly progress: Progress;
  /** All queues, dead-letter queues included. */
  readonly queues: ReadonlyMap<string, MessageQueue>;
  readonly ingest: PolledFunction;
  /** Undefined if workers classify. */
  readonly classify: PolledFunction | undefined;
  readonly jobs: PolledFunction;
  /** Undefined if a function classifies. */
  readonly instances: Instances | undefined;
  readonly service: Service | undefined;
  /** Whether uploads reach the queue. */
  readonly isNotified: boolean;
  /** Exits of workers since the last call. */
  takeExits(): number;
}
