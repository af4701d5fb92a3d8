import type { Batch } from '../samples/take-batch.ts';
import type { RateName, VectorName } from '../step/build-update-graph.ts';

/** The state of a training. A network without batch normalization has no statistics. */
export type TrainingVectors = ReadonlyMap<VectorName, Float32Array<ArrayBuffer>>;

export type Rates = Readonly<Record<RateName, number>>;

/** Results of one update. */
export interface StepMetrics {
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Number of correctly classified samples, and of all samples. */
  readonly correct: number;
  readonly samples: number;
  readonly learningRate: number;
}

export interface EpochRun {
  readonly batches: Iterable<Batch>;
  /** Number of earlier updates. */
  readonly updates: number;
  ratesAt(update: number): Rates;
  /** Called after each update, when the vectors can be read; an error ends the training. */
  onUpdate(metrics: StepMetrics): Promise<void>;
  /** Ends the epoch after the current update. */
  readonly stop: AbortSignal;
}

/** Runs the steps of a training, and owns its vectors. */
export interface StepRunner {
  readonly batchesPerUpdate: number;
  /** Runs all batches of an epoch, except a remainder too small for an update. */
  run(epoch: EpochRun): Promise<void>;
  /** A copy of all vectors. */
  read(): TrainingVectors;
  close(): Promise<void>;
}
