import type { Batch } from '../samples/take-batch.ts';
import type { RateName, VectorName } from '../step/build-update-graph.ts';

/** What training changes: a vector for each state that there is. */
export type TrainingVectors = ReadonlyMap<VectorName, Float32Array<ArrayBuffer>>;

export type Rates = Readonly<Record<RateName, number>>;

/** What one update came to. */
export interface StepMetrics {
  /** Mean cross entropy, nats. */
  readonly loss: number;
  /** Samples that were told right, of so many. */
  readonly correct: number;
  readonly samples: number;
  readonly learningRate: number;
}

export interface EpochRun {
  readonly batches: Iterable<Batch>;
  /** How often the weights were updated before. */
  readonly updates: number;
  ratesAt(update: number): Rates;
  /** Told after each update, when the vectors can be read; what it throws ends the training. */
  onUpdate(measures: StepMetrics): Promise<void>;
  /** Ends the epoch after the update that is under way. */
  readonly stop: AbortSignal;
}

/** What does steps of training: it owns the weights meanwhile. */
export interface StepRunner {
  /** How many batches one update of the weights takes. */
  readonly batchesPerUpdate: number;
  /** Does the whole of an epoch's batches; some at the end that do not make an update are left out. */
  run(epoch: EpochRun): Promise<void>;
  /** A copy of all vectors. */
  read(): TrainingVectors;
  close(): Promise<void>;
}
