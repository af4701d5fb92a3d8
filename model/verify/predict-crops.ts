import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { openNetwork, runCrops } from './network-session.ts';

const batchSize = 8;

/** A network's output for one crop. */
export interface Prediction {
  readonly probabilities: Float32Array;
  readonly embedding: Float32Array;
  /** Of a detector: `BoxOffsets`. */
  readonly boxes?: Float32Array;
}

/**
 * Runs a network on crops.
 * @param crops uint8 [height, width, 3] each
 */
export async function predictCrops(
  crops: readonly Uint8Array[],
  network: Uint8Array,
  manifest: ModelManifest,
): Promise<Prediction[]> {
  const session = await openNetwork(network, manifest.file);
  const predictions: Prediction[] = [];
  try {
    for (let start = 0; start < crops.length; start += batchSize) {
      const batch = crops.slice(start, start + batchSize);
      const { probabilities, embedding, boxes } = await runCrops(session, manifest, stackCrops(batch));
      for (const row of batch.keys()) {
        predictions.push({
          probabilities: probabilities.data.slice(row * probabilities.size, (row + 1) * probabilities.size),
          embedding: embedding.data.slice(row * embedding.size, (row + 1) * embedding.size),
          ...(boxes && { boxes: boxes.data.slice(row * boxes.size, (row + 1) * boxes.size) }),
        });
      }
    }
  } finally {
    await session.release();
  }
  return predictions;
}

/** Stacks crops into one batch, uint8 [count, height, width, 3]. */
export function stackCrops(crops: readonly Uint8Array[]): Uint8Array {
  const length = crops[0]?.length ?? 0;
  const batch = new Uint8Array(crops.length * length);
  for (const [row, crop] of crops.entries()) batch.set(crop, row * length);
  return batch;
}
