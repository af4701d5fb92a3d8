import { resolve } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { graphOf, modelOf } from '../graph/graph.ts';
import { checkNotSource, checkReplaceable } from '../import/replace-directory.ts';
import { decodeModel, encodeModel } from '../onnx/model-file.ts';
import { foldBatchNorm } from '../passes/fold-batch-norm.ts';
import { restoreLrn } from '../passes/restore-lrn.ts';
import { type Agreement, compareNetworks } from '../verify/agreement.ts';
import type { SkippedFiles } from '../verify/photo-folder.ts';
import { writeDerivedModel } from '../write-derived-model.ts';
import { calibrate } from './calibrate.ts';
import { quantizeNetwork } from './quantize-network.ts';
import { readCalibrationCrops } from './read-calibration-crops.ts';
import { requireFloat } from './require-float.ts';

export interface QuantizeOptions {
  /** Model directory, float. */
  readonly source: string;
  /** Folder of images like those to come; they need no labels. */
  readonly calibrate: string;
  /** Images to calibrate with at most. */
  readonly images: number;
  /** Model directory to write. */
  readonly out: string;
}

export interface QuantizeResult {
  readonly directory: string;
  readonly manifest: ModelManifest;
  readonly images: number;
  /** Files in the folder that were no images. */
  readonly leftOut: SkippedFiles;
  /** Nodes that stayed in float. */
  readonly inFloat: readonly string[];
  /** With the float model, on the images it was calibrated with. */
  readonly agreement: Agreement;
}

/** Less than this of a float model's labels, and something is wrong beyond rounding. */
const leastAgreement = 0.9;

/**
 * Makes an int8 model of a float one: ranges are those of the calibration images, weights are rounded by channel.
 * @throws {UserError} when the model, the folder or `out` will not do, or the answers differ too much; then nothing is
 *   written.
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
  if (!(agreement.sameLabel >= leastAgreement && agreement.embeddingCosine >= leastAgreement)) {
    const percent = (agreement.sameLabel * 100).toFixed(1);
    throw new UserError(
      `the int8 network agrees with ${source} on ${percent} % of the images, its embeddings with a cosine of ` +
        `${agreement.embeddingCosine.toFixed(3)}; expected ${leastAgreement * 100} % and ${leastAgreement}; ` +
        'nothing was written',
    );
  }
  const written = await writeDerivedModel(out, manifest, `${manifest.name}-int8`, network);
  return {
    directory: out,
    manifest: written,
    images: crops.length,
    leftOut,
    inFloat: quantized.inFloat,
    agreement,
  };
}
