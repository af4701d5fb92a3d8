import { expect } from 'vitest';
import { fittedCrops } from '../../model/ensemble/fitted-crops.ts';
import type { ImageFit } from '../../model/ensemble/shared-crop.ts';
import { predictCrops } from '../../model/verify/predict-crops.ts';
import { syntheticCrops } from '../../model/verify/synthetic-crops.ts';
import { loadModel } from '../../shared/models/model-directory.ts';

/** Predictions for the same synthetic images. @param fit of the model's image in images of 40 × 40 pixels */
export async function predictions(directory: string, fit?: ImageFit) {
  const { network, manifest } = await loadModel(directory);
  const size = fit === undefined ? manifest.preprocess.crop : { width: 40, height: 40 };
  const crops = await fittedCrops(syntheticCrops(5, size), fit ?? { kind: 'same' }, size);
  return predictCrops(crops, network, manifest);
}

export type Predictions = Awaited<ReturnType<typeof predictions>>;

/** Expects the mean of the members' probabilities, to 1e-6. @param orders for each member, the index of each label */
export function expectMean(
  actual: Predictions,
  members: readonly Predictions[],
  orders: readonly (readonly number[])[] = [],
) {
  for (const [image, { probabilities }] of actual.entries()) {
    for (const [label, probability] of probabilities.entries()) {
      const all = members.map(
        (each, index) => each[image]?.probabilities[orders[index]?.[label] ?? label] ?? Number.NaN,
      );
      const mean = all.reduce((sum, value) => sum + value, 0) / members.length;
      expect(Math.abs(probability - mean)).toBeLessThan(1e-6);
    }
  }
}
