import { syntheticCrops } from '../verify/synthetic-crops.ts';
import { type Int8Model, openFloatModel, writeInt8Model } from './int8-model.ts';
import { observationsOf, type RecordedRanges } from './recorded-ranges.ts';

export interface QuantizeWithRangesOptions {
  /** Float model directory, optimized or not. */
  readonly source: string;
  /** Ranges that were measured in the same network. */
  readonly ranges: RecordedRanges;
  /** Model directory to write. */
  readonly out: string;
  /** Replaces an existing model. @default false */
  readonly overwrite?: boolean | undefined;
}

const syntheticImages = 8;

/**
 * Converts a float model to int8 without calibration images. The two models are compared on synthetic images.
 * @throws {UserError} when the model or `out` is not usable, the ranges are those of another network, or the int8 model
 *   differs too much from the float model; then nothing is written
 */
export async function quantizeWithRanges({ ranges, out, ...options }: QuantizeWithRangesOptions): Promise<Int8Model> {
  const float = await openFloatModel({ out, ...options });
  const crops = syntheticCrops(syntheticImages, float.model.manifest.preprocess.crop);
  return writeInt8Model(float, observationsOf(float.graph, ranges), { crops, haveLabels: false }, out);
}
