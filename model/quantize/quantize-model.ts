import { resolve } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { graphOf, modelOf } from '../graph/graph.ts';
import { requireFloat } from '../graph/require-float.ts';
import { decodeModel, encodeModel } from '../onnx/model-file.ts';
import { foldBatchNorm } from '../passes/fold-batch-norm.ts';
import { restoreLrn } from '../passes/restore-lrn.ts';
import { checkNotSource, checkReplaceable } from '../replace-directory.ts';
import { type Agreement, compareNetworks } from '../verify/agreement.ts';
import type { SkippedFiles } from '../verify/photo-folder.ts';
import { writeDerivedModel } from '../write-derived-model.ts';
import { calibrate } from './calibrate.ts';
import { quantizeNetwork } from './quantize-network.ts';
import { readCalibrationCrops } from './read-calibration-crops.ts';

export interface QuantizeOptions {
  /** Float model directory. */
  readonly source: string;
  /** Folder of images typical of the input; labels are not needed. */
  readonly calibrate: string;
  /** Maximum number of calibration images. */
  readonly images: number;
  /** Model directory to write. */
  readonly out: string;
}

export interface QuantizeResult {
  readonly directory: string;
  readonly manifest: ModelManifest;
  readonly images: number;
  /** Files of the folder that could not be read as images, by reason. */
  readonly leftOut: SkippedFiles;
  /** Nodes that stayed in float. */
  readonly inFloat: readonly string[];
  /** Compared with the float model on the calibration images. */
  readonly agreement: Agreement;
}

/** Below this share of equal labels, or this embedding cosine, the error is more than rounding. */
const minAgreement = 0.9;

/**
 * Converts a float model to int8. Activation ranges come from the calibration images; weights are quantized per channel.
 * @throws {UserError} when the model, the folder or `out` is not usable, or the int8 model differs too much from the float
 *   model; then nothing is written
 */
export async function quantizeModel(options: QuantizeOptions): Promise<QuantizeResult> {
  const { source, out } = options;
  await checkNotSource(source, out);
  await checkReplaceable(resolve(out), out);
  const model = await loadModel(source);
  const { manifest } = model;
  const float = graphOf(decodeModel(model.network, source));
  requireFloat(float);
  const { graph } = foldBatchNorm(restoreLrn(float).graph);
  const { crops, leftOut } = await readCalibrationCrops(options.calibrate, manifest.preprocess, options.images);
  const observations = await calibrate(graph, manifest, crops);
  const quantized = quantizeNetwork(graph, manifest, observations);
  const network = encodeModel(modelOf(quantized.graph));
  const agreement = await compareNetworks(model, network, crops);
  if (!(agreement.sameLabel >= minAgreement && agreement.embeddingCosine >= minAgreement)) {
    throw new UserError(
      `the int8 model differs too much from ${source}: same label on ${(agreement.sameLabel * 100).toFixed(1)} % of the ` +
        `images (at least ${minAgreement * 100} % required), embedding cosine ${agreement.embeddingCosine.toFixed(3)} ` +
        `(at least ${minAgreement} required); nothing was written`,
    );
  }
  const written = await writeDerivedModel(out, manifest, `${manifest.name}-int8`, network);
  const { inFloat } = quantized;
  return { directory: out, manifest: written, images: crops.length, leftOut, inFloat, agreement };
}
