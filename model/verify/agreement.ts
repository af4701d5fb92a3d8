import type { Model } from '../../shared/models/model-directory.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { openNetwork, runCrops } from './network-session.ts';

/** How two networks answer to the same images. */
export interface Agreement {
  readonly images: number;
  /** Share of the images to which both give the same most probable label. */
  readonly sameLabel: number;
  /** Largest absolute difference of a probability. */
  readonly maxDifference: number;
  /** Mean over the images of the cosine between the two embeddings. */
  readonly embeddingCosine: number;
}

const batchSize = 8;

/**
 * Runs the same crops through a model and another network of the same inputs and outputs.
 * @param crops uint8 [height, width, 3] each; at least one
 */
export async function compareNetworks(
  { manifest, network }: Pick<Model, 'manifest' | 'network'>,
  other: Uint8Array,
  crops: readonly Uint8Array[],
): Promise<Agreement> {
  return comparePredictions(await predictCrops(crops, network, manifest), await predictCrops(crops, other, manifest));
}

/** How two lists of answers to the same images agree; both of one length, at least one. */
export function comparePredictions(before: readonly Prediction[], after: readonly Prediction[]): Agreement {
  let same = 0;
  let maxDifference = 0;
  let cosines = 0;
  for (const [index, one] of before.entries()) {
    const two = after[index] ?? one;
    if (argmax(one.probabilities) === argmax(two.probabilities)) same += 1;
    for (const [label, probability] of one.probabilities.entries()) {
      maxDifference = Math.max(maxDifference, Math.abs(probability - (two.probabilities[label] ?? 0)));
    }
    cosines += cosine(one.embedding, two.embedding);
  }
  const images = before.length;
  return { images, sameLabel: same / images, maxDifference, embeddingCosine: cosines / images };
}

export interface Prediction {
  readonly probabilities: Float32Array;
  readonly embedding: Float32Array;
}

/** What a network says of each crop. */
export async function predictCrops(
  crops: readonly Uint8Array[],
  network: Uint8Array,
  manifest: ModelManifest,
): Promise<Prediction[]> {
  const session = await openNetwork(network, manifest.file);
  const answers: Prediction[] = [];
  try {
    for (let start = 0; start < crops.length; start += batchSize) {
      const batch = crops.slice(start, start + batchSize);
      const { probabilities, embedding } = await runCrops(session, manifest, stackCrops(batch));
      for (const row of batch.keys()) {
        answers.push({
          probabilities: probabilities.data.slice(row * probabilities.size, (row + 1) * probabilities.size),
          embedding: embedding.data.slice(row * embedding.size, (row + 1) * embedding.size),
        });
      }
    }
  } finally {
    await session.release();
  }
  return answers;
}

/** Crops one after another, as a network takes them. */
export function stackCrops(crops: readonly Uint8Array[]): Uint8Array {
  const length = crops[0]?.length ?? 0;
  const batch = new Uint8Array(crops.length * length);
  for (const [row, crop] of crops.entries()) batch.set(crop, row * length);
  return batch;
}

export function argmax(values: Float32Array): number {
  let best = 0;
  for (const [index, value] of values.entries()) if (value > (values[best] ?? 0)) best = index;
  return best;
}

function cosine(one: Float32Array, other: Float32Array): number {
  let dot = 0;
  let squares = 0;
  let otherSquares = 0;
  for (const [index, value] of one.entries()) {
    const second = other[index] ?? 0;
    dot += value * second;
    squares += value * value;
    otherSquares += second * second;
  }
  return dot / Math.sqrt(squares * otherSquares);
}
