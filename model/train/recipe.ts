import type { Augmentation } from './samples/augmentation.ts';
import type { Schedule } from './schedule.ts';
import type { UpdateRule } from './step/update-rule.ts';

/** Hyperparameters of a training. */
export interface Recipe {
  readonly schedule: Schedule;
  /** Images divided among the workers: the images of one update, unless it is asynchronous. */
  readonly batch: number;
  /** Threads that compute gradients in parallel; with 1, each step is one graph on all cores. */
  readonly workers: number;
  /** Whether each gradient is applied at once, instead of the mean of all workers. */
  readonly asynchronous: boolean;
  readonly rule: UpdateRule;
  readonly weightDecay: number;
  /**
   * Share of a label's probability that is spread over all classes, in the loss that is minimized; 0.1 in the paper of
   * Inception-v3, 0: no smoothing.
   */
  readonly labelSmoothing: number;
  /** Weight of an auxiliary classifier's loss. */
  readonly auxiliaryWeight: number;
  /** Dropout ratio before the classifier, and before auxiliary classifiers. */
  readonly dropout: number;
  readonly auxiliaryDropout: number;
  /** Decay of the moving average (EMA) of the weights; 0: no average. */
  readonly averaging: number;
  readonly augmentation: Augmentation;
  readonly seed: number;
  /** Name of the first trained layer, or the beginning of it; all layers by default. */
  readonly from: string | undefined;
}
