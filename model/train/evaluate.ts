import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { type Graph, modelOf } from '../graph/graph.ts';
import { encodeModel } from '../onnx/model-file.ts';
import { argmax } from '../verify/argmax.ts';
import { openNetwork, runCrops } from '../verify/network-session.ts';
import type { LabeledPixels } from './data/pixel-store.ts';

/** Results of a network on held-out images. */
export interface Evaluation {
  readonly images: number;
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  readonly accuracy: number;
  /** Predicted class of each image. */
  readonly predicted: Uint16Array;
}

const batchSize = 64;
/** Keeps the loss finite when a probability underflows to 0: the smallest normal float. */
const minProbability = 1.2e-38;

/** @param data network inputs, uint8 [height, width, 3] */
export async function evaluate(
  network: Graph,
  manifest: Pick<ModelManifest, 'input' | 'outputs'>,
  data: LabeledPixels,
): Promise<Evaluation> {
  const { images, classes } = data;
  const bytes = images.height * images.width * images.channels;
  const session = await openNetwork(encodeModel(modelOf(network)), 'the network in training');
  const predicted = new Uint16Array(images.count);
  let [loss, correct] = [0, 0];
  try {
    for (let start = 0; start < images.count; start += batchSize) {
      const count = Math.min(batchSize, images.count - start);
      const crops = new Uint8Array(count * bytes);
      for (let index = 0; index < count; index += 1) images.copyTo(start + index, crops, index * bytes);
      const { probabilities } = await runCrops(session, manifest, crops);
      for (let index = 0; index < count; index += 1) {
        const row = probabilities.data.subarray(index * probabilities.size, (index + 1) * probabilities.size);
        const actual = classes[start + index] ?? 0;
        const best = argmax(row);
        predicted[start + index] = best;
        if (best === actual) correct += 1;
        loss -= Math.log(Math.max(row[actual] ?? 0, minProbability));
      }
    }
  } finally {
    await session.release();
  }
  return { images: images.count, loss: loss / images.count, accuracy: correct / images.count, predicted };
}
