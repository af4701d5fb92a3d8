import pMap from 'p-map';
import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { stack } from '../../shared/inference/batch.ts';
import type { Scores } from '../../shared/inference/session.ts';
import type { ClassifyPorts } from './ports.ts';

/**
 * What the network says of images, each by one or several crops: probabilities after softmax and embeddings, averaged
 * over the crops of an image. Crops run in batches of `ports.batchSize`, whosever they are.
 * @param messages checked, see `checkCrop`
 * @returns scores with one row per message, in order
 */
export async function scoreCrops(messages: readonly CropMessage[], ports: ClassifyPorts): Promise<Scores> {
  const crops = messages.flatMap(({ tensor: { pixels, count } }) => split(pixels, count));
  const { labels, outputs } = ports.model.manifest;
  // No more than run at a time: each is a copy of its crops.
  const runs = await pMap(
    inBatches(crops, ports.batchSize),
    (batch) => ports.session.run(stack(batch, ...cropSize(ports))),
    { concurrency: ports.session.parallel },
  );
  const probabilities = joined(runs.map((run) => run.probabilities));
  const embeddings = joined(runs.map((run) => run.embeddings));
  const counts = messages.map(({ tensor }) => tensor.count);
  return {
    probabilities: averaged(probabilities, counts, labels.length),
    embeddings: averaged(embeddings, counts, outputs.embeddingSize),
  };
}

function cropSize({ model }: ClassifyPorts): [height: number, width: number] {
  const [height, width] = model.manifest.input.shape;
  return [height, width];
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

function joined(parts: readonly Float32Array[]): Float32Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Means over as many rows of `width` as each count says. */
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
