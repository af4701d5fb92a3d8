import { compareNetworks } from '../verify/agreement.ts';
import { syntheticCrops } from '../verify/synthetic-crops.ts';
import { checkInt8 } from './check-int8.ts';
import { type Int8Model, makeInt8Network, openFloatModel, writeInt8Model } from './int8-model.ts';
import { measurementOf, type RecordedRanges } from './recorded-ranges.ts';

export interface QuantizeWithRangesOptions {
  /** Float model directory, optimized or not. */
  readonly source: string;
  /** Ranges that were measured in the same network. */
  readonly ranges: RecordedRanges;
  /** Writes the model even if it differs too much from the float model. @default false */
  readonly force?: boolean | undefined;
  /** Model directory to write. */
  readonly out: string;
  /** Replaces an existing model. @default false */
  readonly overwrite?: boolean | undefined;
}

const syntheticImages = 8;

/**
 * Converts a float model to int8 without calibration images. The two models are compared on synthetic images. Their best
 * labels are too close to each other to stay the same, so that only the embeddings must agree.
 * @throws {UserError} when the model or `out` is not usable, the ranges are those of another network, or the int8 model
 *   differs too much from the float model; then nothing is written
 */
export async function quantizeWithRanges({
  ranges,
  out,
  force = false,
  ...options
}: QuantizeWithRangesOptions): Promise<Int8Model> {
  const float = await openFloatModel({ out, ...options });
  const { observations, floatLayers } = measurementOf(float.graph, ranges);
  const int8 = makeInt8Network(float, observations, new Set(floatLayers));
  const crops = syntheticCrops(syntheticImages, float.model.manifest.preprocess.crop);
  const agreement = await compareNetworks(float.model, int8.network, crops);
  if (!force) checkInt8(options.source, { agreement }, 0);
  return writeInt8Model(float, int8, agreement, out);
}
