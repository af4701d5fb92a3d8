import { calibrate } from './calibrate.ts';
import type { FloatModel } from './int8-model.ts';
import { mergeObservations, type Observations } from './observe-values.ts';

/** Images to judge an int8 network on, and ranges that were measured on others. */
export interface Fold {
  /** uint8 [height, width, 3] each. */
  readonly crops: readonly Uint8Array[];
  readonly observations: Observations;
}

export interface Calibration {
  /** Over all images. */
  readonly observations: Observations;
  /** The images in two halves, each with the ranges of the other half. */
  readonly folds: readonly [Fold, ...Fold[]];
}

/**
 * Measures the ranges and means of a network in two halves of the images: every second image, since neighbors in a folder are often similar.
 * @param crops uint8 [height, width, 3] each, at least one; a single image is judged with its own ranges
 * @throws {UserError} when a value is NaN or infinite, which has no range
 */
export async function calibrateFolds(
  { graph, model: { manifest } }: FloatModel,
  crops: readonly Uint8Array[],
): Promise<Calibration> {
  const even = crops.filter((_, index) => index % 2 === 0);
  const odd = crops.filter((_, index) => index % 2 === 1);
  const observations = await calibrate(graph, manifest, even);
  if (odd.length === 0) return { observations, folds: [{ crops: even, observations }] };
  const others = await calibrate(graph, manifest, odd);
  return {
    observations: mergeObservations(observations, others, even.length / crops.length),
    folds: [
      { crops: odd, observations },
      { crops: even, observations: others },
    ],
  };
}
