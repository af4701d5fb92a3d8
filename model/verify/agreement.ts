import type { Model } from '../../shared/models/model-directory.ts';
import { argmax } from './argmax.ts';
import { lowestShare } from './lowest-share.ts';
import { maxAbsoluteDifference } from './max-absolute-difference.ts';
import { type Prediction, predictCrops } from './predict-crops.ts';

/** Agreement of two networks on the same images. */
export interface Agreement {
  readonly images: number;
  /** Share of images with the same most probable label. */
  readonly sameLabel: number;
  /** Lower bound of its 95 % confidence interval: a few images say little about others. */
  readonly sameLabelAtLeast: number;
  /** Largest absolute difference of a probability. */
  readonly maxDifference: number;
  /** Mean cosine similarity of the two embeddings. */
  readonly embeddingCosine: number;
}

/**
 * Compares a model and another network with the same inputs and outputs on crops.
 * @param crops at least one, uint8 [height, width, 3] each
 */
export async function compareNetworks(
  { manifest, network }: Pick<Model, 'manifest' | 'network'>,
  other: Uint8Array,
  crops: readonly Uint8Array[],
): Promise<Agreement> {
  return comparePredictions(await predictCrops(crops, network, manifest), await predictCrops(crops, other, manifest));
}

/** Compares predictions for the same images: two lists of equal length, not empty. */
export function comparePredictions(before: readonly Prediction[], after: readonly Prediction[]): Agreement {
  let same = 0;
  let maxDifference = 0;
  let cosines = 0;
  for (const [index, first] of before.entries()) {
    const second = after[index] ?? first;
    if (argmax(first.probabilities) === argmax(second.probabilities)) same += 1;
    maxDifference = Math.max(maxDifference, maxAbsoluteDifference(first.probabilities, second.probabilities));
    cosines += cosine(first.embedding, second.embedding);
  }
  const images = before.length;
  const sameLabel = same / images;
  return {
    images,
    sameLabel,
    sameLabelAtLeast: lowestShare(sameLabel, images),
    maxDifference,
    embeddingCosine: cosines / images,
  };
}

/** 1 for two vectors of zeros, as of an image that no feature fits, and 0 if only one is. */
function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, index) => sum + value * (y[index] ?? 0), 0);
  const [lengthA, lengthB] = [Math.sqrt(dot(a, a)), Math.sqrt(dot(b, b))];
  if (lengthA === 0 || lengthB === 0) return lengthA === lengthB ? 1 : 0;
  return dot(a, b) / (lengthA * lengthB);
}
