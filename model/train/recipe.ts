import type { Distortion } from './samples/distortion.ts';
import type { Schedule } from './schedule.ts';

/** How a network is trained. */
export interface Recipe {
  readonly schedule: Schedule;
  /** Images of one gradient. */
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
  readonly distortion: Distortion;
  readonly seed: number;
  /** Name of the first layer that is trained, or how it begins; all by default. */
  readonly from: string | undefined;
}

/** A recipe as one list of settings, to tell whether two are the same. */
export function settingsOf({ schedule, distortion, from, ...rest }: Recipe): Record<string, string | number | boolean> {
  return { ...schedule, ...distortion, ...rest, from: from ?? '' };
}
