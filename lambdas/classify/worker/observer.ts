import type { Failure } from '../../../shared/failures/failure.ts';
import type { CloseReason } from '../../../shared/flow/gather.ts';
import type { ClassifyOutcome } from '../classify.ts';
import type { Utilization } from './accelerator-clock.ts';

/** Images that were classified together. Their crops are one batch of the network, or several if they have more crops. */
export interface BatchRun {
  readonly images: number;
  /** Crops ÷ places in the batches of the network, above 0 to 1. */
  readonly fill: number;
  readonly closed: CloseReason;
  readonly ms: number;
}

export interface WorkerObserver {
  /** The number of held messages has changed. */
  holding(messages: number): void;
  ran(batch: BatchRun): void;
  /** Rows of these outcomes are durable; `undeleted` of their messages could not be deleted. */
  stored(outcomes: readonly ClassifyOutcome[], undeleted: number, utilization: Utilization): void;
  /** A failed request to receive messages, read packed crops or store rows is retried. */
  retrying?(what: 'receive' | 'read' | 'store', failure: Failure): void;
  /** Messages could not be deleted, or hidden from other workers: they are delivered again. */
  refused?(request: 'delete' | 'hide', failure: Failure): void;
}

export const noObserver: WorkerObserver = { holding() {}, ran() {}, stored() {} };

/** Passes each call to all observers. */
export function combineObservers(...observers: readonly WorkerObserver[]): WorkerObserver {
  return {
    holding(messages) {
      for (const observer of observers) observer.holding(messages);
    },
    ran(batch) {
      for (const observer of observers) observer.ran(batch);
    },
    stored(...args) {
      for (const observer of observers) observer.stored(...args);
    },
    retrying(...args) {
      for (const observer of observers) observer.retrying?.(...args);
    },
    refused(...args) {
      for (const observer of observers) observer.refused?.(...args);
    },
  };
}
