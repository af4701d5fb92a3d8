import { basename, resolve } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { modelOf } from '../graph/graph.ts';
import { encodeModel } from '../onnx/model-file.ts';
import { optimizeGraph } from '../optimize/optimize-graph.ts';
import { compareNetworks } from '../verify/agreement.ts';
import type { SkippedFiles } from '../verify/photo-folder.ts';
import { speedRatio } from '../verify/speed.ts';
import { calibrateFolds } from './calibrate-folds.ts';
import { checkInt8 } from './check-int8.ts';
import { findFloatLayers } from './find-float-layers.ts';
import { type FloatModel, type Int8Model, makeInt8Network, openFloatModel, writeInt8Model } from './int8-model.ts';
import { readCalibrationCrops } from './read-calibration-crops.ts';
import { type RecordedRanges, recordRanges } from './recorded-ranges.ts';

export interface QuantizeOptions {
  /** Float model directory. */
  readonly source: string;
  /** Folder of images typical of the input; labels are not needed. */
  readonly calibrate: string;
  /** Maximum number of calibration images. As many others, if the folder has them, are held out for the comparison. */
  readonly images: number;
  /** Required share of held-out images with the same label. @default 0.97 */
  readonly minAgreement?: number | undefined;
  /** Writes the model even if it is slower than the float model or differs too much from it. @default false */
  readonly force?: boolean | undefined;
  /** Model directory to write. */
  readonly out: string;
  /** Replaces an existing model. @default false */
  readonly overwrite?: boolean | undefined;
  /** Called with what is done next, such as `calibrating on 100 images`. */
  readonly onStep?: ((step: string) => void) | undefined;
}

export interface QuantizeResult extends Int8Model {
  /** Number of calibration images. The two models are compared on others, see `agreement.images`. */
  readonly images: number;
  /** Number of layers that stay in float because they cost too much agreement. They were chosen on the calibration images. */
  readonly floatLayers: number;
  /** Over the optimized float network, on one thread of this machine. */
  readonly speedup: number;
  /** Files of the folder that could not be read as images, by reason. */
  readonly leftOut: SkippedFiles;
  /** The measured ranges, from which `quantizeWithRanges` makes the same model without images. */
  readonly ranges: RecordedRanges;
}

export const defaultMinAgreement = 0.97;

/**
 * Converts a float model to int8. Activation ranges come from the calibration images; weights are quantized per channel. Layers
 * that cost too much agreement stay in float; they are chosen on the calibration images too. Agreement is measured on held-out
 * images, which took no part in either, speed against the optimized float network.
 * @throws {UserError} when the model, the folder or `out` is not usable, or the int8 model is slower than the float model or
 *   differs too much from it; then nothing is written
 */
export async function quantizeModel(options: QuantizeOptions): Promise<QuantizeResult> {
  const { out, minAgreement = defaultMinAgreement, force = false, onStep } = options;
  const float = await openFloatModel(options);
  const { manifest, id } = float.model;
  const { crops, heldOut, leftOut } = await readCalibrationCrops(
    options.calibrate,
    manifest.preprocess,
    options.images,
  );
  if (heldOut.length === 0) {
    throw new UserError(
      `only 1 image in ${options.calibrate} can be read: give at least 2, one to compare the models on`,
    );
  }
  onStep?.(`calibrating on ${crops.length} images`);
  const { observations, folds } = await calibrateFolds(float, crops);
  const floatLayers = await findFloatLayers(float, folds, (layers) =>
    onStep?.(`measuring what int8 costs in each of ${layers} layers`),
  );
  onStep?.(`comparing on ${heldOut.length} held-out images`);
  const int8 = makeInt8Network(float, observations, new Set(floatLayers));
  const agreement = await compareNetworks(float.model, int8.network, heldOut);
  const speedup = await measureSpeedup(float, int8.network, crops);
  if (!force) checkInt8(options.source, { agreement, speedup }, minAgreement);
  const about = `${id} on ${crops.length} images of ${basename(resolve(options.calibrate))}`;
  const ranges = recordRanges(float.graph, { observations, floatLayers }, { about, images: crops.length });
  const written = await writeInt8Model(float, int8, agreement, out);
  return { ...written, images: crops.length, floatLayers: floatLayers.length, speedup, leftOut, ranges };
}

async function measureSpeedup(
  { graph, model: { manifest } }: FloatModel,
  network: Uint8Array,
  crops: readonly Uint8Array[],
): Promise<number> {
  const { graph: optimized } = await optimizeGraph(graph, false);
  return speedRatio({ manifest, network }, { manifest, network: encodeModel(modelOf(optimized)) }, crops);
}
