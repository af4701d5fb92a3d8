import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { type Graph, modelOf } from '../graph/graph.ts';
import { encodeModel } from '../onnx/model-file.ts';
import { argmax } from '../verify/agreement.ts';
import { openNetwork, runCrops } from '../verify/network-session.ts';
import type { LabeledPixels } from './data/pixel-store.ts';

/** What a network says of images that it has not learnt from. */
export interface Evaluation {
  readonly images: number;
  /** Mean cross entropy, nats. */
  readonly loss: number;
  readonly accuracy: number;
  /** The label's index that each image was given. */
  readonly given: Uint16Array;
}

const batchSize = 64;
/** A probability that was rounded to 0 costs this much: the smallest float that is not. */
const leastProbability = 1.2e-38;

/** @param data crops as they are served, uint8 [height, width, 3] */
export async function evaluate(
  network: Graph,
  manifest: Pick<ModelManifest, 'input' | 'outputs'>,
  data: LabeledPixels,
): Promise<Evaluation> {
  const { images, classes } = data;
  const bytes = images.height * images.width * images.channels;
  const session = await openNetwork(encodeModel(modelOf(network)), 'the network in training');
  const given = new Uint16Array(images.count);
  let [loss, right] = [0, 0];
  try {
    for (let start = 0; start < images.count; start += batchSize) {
      const count = Math.min(batchSize, images.count - start);
      const crops = new Uint8Array(count * bytes);
      for (let index = 0; index < count; index += 1) images.copyTo(start + index, crops, index * bytes);
      const { probabilities } = await runCrops(session, manifest, crops);
      for (let index = 0; index < count; index += 1) {
        const own = probabilities.data.subarray(index * probabilities.size, (index + 1) * probabilities.size);
        const wanted = classes[start + index] ?? 0;
        const best = argmax(own);
        given[start + index] = best;
        if (best === wanted) right += 1;
        loss -= Math.log(Math.max(own[wanted] ?? 0, leastProbability));
      }
    }
  } finally {
    await session.release();
  }
  return { images: images.count, loss: loss / images.count, accuracy: right / images.count, given };
}
