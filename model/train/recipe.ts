import type { Augmentation } from './samples/augmentation.ts';
import type { Schedule } from './schedule.ts';

/** How a network is trained. */
export interface Recipe {
  readonly schedule: Schedule;
  /** Images that the workers share, each computing the gradient of its part: of one update, unless it is asynchronous. */
  readonly batch: number;
  /** Threads that compute gradients side by side; with 1, a step is one graph on all cores. */
  readonly workers: number;
  readonly asynchronous: boolean;
  readonly momentum: number;
  readonly weightDecay: number;
  /** Weight of an auxiliary classifier's loss. */
  readonly auxiliaryWeight: number;
  /** Share of the features before the classifier, and before auxiliary ones, that is left out. */
  readonly dropout: number;
  readonly auxiliaryDropout: number;
  /** How much of the averaged weights stays at each update; 0: the last weights are taken as they are. */
  readonly averaging: number;
  readonly augmentation: Augmentation;
  readonly seed: number;
  /** Name of the first layer that is trained, or how it begins; all by default. */
  readonly from: string | undefined;
}

/** A recipe as one list of settings, by the names of their options, to tell whether two are the same. */
export function settingsOf(recipe: Recipe): Record<string, string | number | boolean> {
  const { schedule, augmentation, from, weightDecay, auxiliaryWeight, auxiliaryDropout, ...same } = recipe;
  const { kind, ...rates } = schedule;
  const { minArea, ...changes } = augmentation;
  return {
    ...same,
    ...rates,
    ...changes,
    schedule: kind,
    area: minArea,
    'weight-decay': weightDecay,
    auxiliary: auxiliaryWeight,
    'auxiliary-dropout': auxiliaryDropout,
    from: from ?? 'the first layer',
  };
}
