import { Tensor } from 'onnxruntime-node';
import type { Model } from '../../shared/models/model-directory.ts';
import { emptyGraph } from '../graph/graph.ts';
import { makeValue } from '../graph/value.ts';
import { evaluate } from '../passes/evaluate.ts';
import { maxAbsoluteDifference } from '../verify/max-absolute-difference.ts';
import { predictCrops } from '../verify/predict-crops.ts';
import { syntheticCrops } from '../verify/synthetic-crops.ts';
import { fitImage, type ImageSize } from './fit-image.ts';
import type { Member } from './open-members.ts';
import type { ImageFit } from './shared-crop.ts';

const imageCount = 8;

/**
 * Runs an ensemble and each of its members on synthetic images.
 * @returns the largest absolute difference between a probability of the ensemble and the mean of the members
 */
export async function differenceFromMean(
  { network, manifest }: Pick<Model, 'network' | 'manifest'>,
  members: readonly Member[],
  { fits, orders }: { fits: readonly ImageFit[]; orders: readonly (readonly number[] | undefined)[] },
): Promise<number> {
  const { crop } = manifest.preprocess;
  const crops = syntheticCrops(imageCount, crop);
  const sums = crops.map(() => new Float64Array(manifest.labels.length));
  for (const [index, { model }] of members.entries()) {
    const own = await fittedCrops(crops, fits[index] ?? { kind: 'same' }, crop);
    const order = orders[index];
    for (const [image, { probabilities }] of (await predictCrops(own, model.network, model.manifest)).entries()) {
      const sum = sums[image] ?? new Float64Array();
      for (const label of sum.keys())
        sum[label] = (sum[label] ?? 0) + (probabilities[order?.[label] ?? label] ?? Number.NaN);
    }
  }
  const predictions = await predictCrops(crops, network, manifest);
  return Math.max(
    ...predictions.map(({ probabilities }, image) => {
      const mean = Float32Array.from(sums[image] ?? [], (sum) => sum / members.length);
      return maxAbsoluteDifference(probabilities, mean);
    }),
  );
}

/** The images of a member: the bytes that its part of the ensemble gets. */
export async function fittedCrops(
  crops: readonly Uint8Array[],
  fit: ImageFit,
  { height, width }: ImageSize,
): Promise<readonly Uint8Array[]> {
  if (fit.kind === 'same') return crops;
  const image = makeValue('image', 'uint8', ['N', fit.height, fit.width, 3]);
  const graph = fitImage({ ...emptyGraph('fit', { irVersion: 8, opset: 13 }), inputs: [image] }, fit, {
    height,
    width,
  });
  const input = graph.inputs[0]?.name ?? '';
  const fitted: Uint8Array[] = [];
  for (const crop of crops) {
    const results = await evaluate(graph, { [input]: new Tensor('uint8', crop, [1, height, width, 3]) }, ['image']);
    const data = results.get('image')?.data;
    if (!(data instanceof Uint8Array)) throw new Error('the fitted image is not bytes');
    fitted.push(data);
  }
  return fitted;
}
