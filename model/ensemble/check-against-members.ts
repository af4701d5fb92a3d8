import { UserError } from '../../shared/failures/user-error.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import { maxAbsoluteDifference } from '../verify/max-absolute-difference.ts';
import { type Prediction, predictCrops } from '../verify/predict-crops.ts';
import { syntheticCrops } from '../verify/synthetic-crops.ts';
import { fittedCrops } from './fitted-crops.ts';
import type { ImageFit } from './shared-crop.ts';

/** The rounding of a float sum of probabilities. */
const probabilityTolerance = 1e-6;
/**
 * The same numbers, bit by bit, but where the runtime fuses layers differently because several members share one. Relative to
 * the largest number of the embedding.
 */
const embeddingTolerance = 1e-5;

const imageCount = 8;

/** A network of an ensemble, and what the ensemble makes of it. */
export interface ComparedMember {
  readonly model: Pick<Model, 'network' | 'manifest'>;
  readonly fit: ImageFit;
  /** For each label of the ensemble, its index in the member; undefined for the same order. */
  readonly order: readonly number[] | undefined;
  /** Whether the ensemble's embedding contains that of the member. */
  readonly embeds: boolean;
}

export interface MemberDifference {
  /** Largest absolute difference of a probability from the mean of the members. */
  readonly maxDifference: number;
  /** Largest difference of an embedding from those of the members, one after the other, relative to its largest number. */
  readonly embeddingDifference: number;
}

/**
 * Runs an ensemble and each of its members on the same images.
 * @param crops uint8 [height, width, 3] each, of the ensemble's size. @default synthetic ones
 * @throws {UserError} if the probabilities are not the mean of the members', or the embedding is not theirs
 */
export async function checkAgainstMembers(
  { network, manifest }: ComparedMember['model'],
  members: readonly ComparedMember[],
  crops: readonly Uint8Array[] = syntheticCrops(imageCount, manifest.preprocess.crop),
): Promise<MemberDifference> {
  const expected = crops.map(() => ({ sums: new Float64Array(manifest.labels.length), embedding: [] as number[] }));
  for (const { model, fit, order, embeds } of members) {
    const own = await fittedCrops(crops, fit, manifest.preprocess.crop);
    for (const [image, prediction] of (await predictCrops(own, model.network, model.manifest)).entries()) {
      const { sums = new Float64Array(), embedding = [] } = expected[image] ?? {};
      for (const label of sums.keys()) {
        sums[label] = (sums[label] ?? 0) + (prediction.probabilities[order?.[label] ?? label] ?? Number.NaN);
      }
      if (embeds) embedding.push(...prediction.embedding);
    }
  }
  const differences = (await predictCrops(crops, network, manifest)).map((prediction, image) => {
    const { sums = new Float64Array(), embedding = [] } = expected[image] ?? {};
    const mean = Float32Array.from(sums, (sum) => sum / members.length);
    return differenceFrom(prediction, { probabilities: mean, embedding: Float32Array.from(embedding) });
  });
  const maxDifference = Math.max(...differences.map(({ probabilities }) => probabilities));
  const embeddingDifference = Math.max(...differences.map(({ embedding }) => embedding));
  if (!(maxDifference <= probabilityTolerance)) {
    throw differs('the mean of its members: probabilities', maxDifference, probabilityTolerance);
  }
  if (!(embeddingDifference <= embeddingTolerance)) {
    throw differs('its members: embeddings', embeddingDifference, embeddingTolerance);
  }
  return { maxDifference, embeddingDifference };
}

function differenceFrom(actual: Prediction, expected: Prediction): { probabilities: number; embedding: number } {
  const largest = expected.embedding.reduce((most, value) => Math.max(most, Math.abs(value)), Number.MIN_VALUE);
  return {
    probabilities: maxAbsoluteDifference(actual.probabilities, expected.probabilities),
    embedding: maxAbsoluteDifference(actual.embedding, expected.embedding) / largest,
  };
}

function differs(from: string, difference: number, tolerance: number): UserError {
  return new UserError(
    `the ensemble differs from ${from} differ by ${difference.toExponential(1)} (tolerance ${tolerance}); nothing was written`,
  );
}
