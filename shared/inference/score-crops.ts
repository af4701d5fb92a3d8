import pMap from 'p-map';
import type { CropTensor } from '../images/crop-tensor.ts';
import type { Model } from '../models/model-directory.ts';
import type { Scores } from './batch.ts';
import { stackCrops } from './batch.ts';
import type { Session } from './session.ts';

/** The network that scores crops. */
export interface Scorer {
  readonly model: Model;
  readonly session: Session;
  /** Maximum number of crops in a batch. */
  readonly batchSize: number;
}

/**
 * Runs the network on the crops of several images. A batch may hold crops of different images.
 * @param tensors one per image, as the model expects them
 * @returns one row per tensor, in order: softmax probabilities, embedding and boxes, averaged over the crops of the image
 * @throws {SessionLost} as `Session.run`
 */
export async function scoreCrops(
  tensors: readonly Pick<CropTensor, 'count' | 'pixels'>[],
  { model, session, batchSize }: Scorer,
): Promise<Scores> {
  const crops = tensors.flatMap(({ pixels, count }) => split(pixels, count));
  const { labels, outputs, input } = model.manifest;
  const [height, width] = input.shape;
  // Each batch is a copy of its crops, so only as many exist as run at the same time.
  const runs = await pMap(inBatches(crops, batchSize), (batch) => session.run(stackCrops(batch, height, width)), {
    concurrency: session.parallel,
  });
  const counts = tensors.map(({ count }) => count);
  const boxes = runs.flatMap((run) => run.boxes ?? []);
  return {
    probabilities: averaged(joined(runs.map((run) => run.probabilities)), counts, labels.length),
    embeddings: averaged(joined(runs.map((run) => run.embeddings)), counts, outputs.embeddingSize),
    ...(outputs.boxes === undefined ? {} : { boxes: averaged(joined(boxes), counts, 4) }),
  };
}

function split(pixels: Uint8Array, count: number): Uint8Array[] {
  const stride = pixels.byteLength / count;
  return Array.from({ length: count }, (_, crop) => pixels.subarray(crop * stride, (crop + 1) * stride));
}

function inBatches<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, batch) =>
    items.slice(batch * size, (batch + 1) * size),
  );
}

function joined(arrays: readonly Float32Array[]): Float32Array {
  const [first] = arrays;
  if (first !== undefined && arrays.length === 1) return first;
  const all = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const array of arrays) {
    all.set(array, offset);
    offset += array.length;
  }
  return all;
}

/** Means over groups of consecutive rows; `counts` holds the size of each group. */
function averaged(rows: Float32Array, counts: readonly number[], width: number): Float32Array {
  if (counts.every((count) => count === 1)) return rows;
  const means = new Float32Array(counts.length * width);
  let row = 0;
  for (const [image, count] of counts.entries()) {
    const mean = means.subarray(image * width, (image + 1) * width);
    for (const end = row + count; row < end; row += 1) {
      for (let column = 0; column < width; column += 1) {
        mean[column] = (mean[column] ?? 0) + (rows[row * width + column] ?? 0) / count;
      }
    }
  }
  return means;
}
