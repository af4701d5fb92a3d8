import type { Failure } from '../../../shared/failures/failure.ts';
import type { CloseReason } from '../../../shared/flow/gather.ts';
import type { ClassifyOutcome } from '../classify.ts';
import type { Utilization } from '../telemetry/accelerator-clock.ts';

export interface BatchRun {
  readonly images: number;
  /** Crops in it ÷ crops that it may have; above 1 where an image has more. */
  readonly fill: number;
  readonly closed: CloseReason;
  readonly ms: number;
}

/** Who is told what a worker does. */
export interface WorkerObserver {
  /** Messages that are held right now. */
  holding(messages: number): void;
  ran(batch: BatchRun): void;
  /** Outcomes whose rows are durable, messages among them that could not be deleted, and how busy it was meanwhile. */
  stored(outcomes: readonly ClassifyOutcome[], undeleted: number, utilisation: Utilization): void;
  /** A request failed that is tried again: to receive messages, to read packed crops, or to store rows. */
  retrying?(what: 'receive' | 'read' | 'store', failure: Failure): void;
}

export const noObserver: WorkerObserver = { holding() {}, ran() {}, stored() {} };

/** Tells several the same. */
export function combineObservers(...observers: readonly WorkerObserver[]): WorkerObserver {
  return {
    holding(messages) {
      for (const observer of observers) observer.holding(messages);
    },
    ran(batch) {
      for (const observer of observers) observer.ran(batch);
    },
    stored(...told) {
      for (const observer of observers) observer.stored(...told);
    },
    retrying(...told) {
      for (const observer of observers) observer.retrying?.(...told);
    },
  };
}
