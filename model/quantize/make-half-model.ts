import { resolve } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { graphOf, modelOf } from '../graph/graph.ts';
import { checkNotSource, checkReplaceable } from '../import/replace-directory.ts';
import { decodeModel, encodeModel } from '../onnx/model-file.ts';
import { restoreLrn } from '../passes/restore-lrn.ts';
import { type Agreement, compareNetworks } from '../verify/agreement.ts';
import type { SkippedFiles } from '../verify/photo-folder.ts';
import { syntheticCrops } from '../verify/synthetic-crops.ts';
import { writeDerivedModel } from '../write-derived-model.ts';
import { measureHalfRange } from './measure-half-range.ts';
import { readCalibrationCrops } from './read-calibration-crops.ts';
import { requireFloat } from './require-float.ts';
import { toHalfPrecision } from './to-half-precision.ts';

export interface HalfOptions {
  /** Model directory, float. */
  readonly source: string;
  /** Folder of images like those to come, to find out how large numbers get; made-up ones by default. */
  readonly calibrate?: string | undefined;
  /** Images to take of that folder at most. */
  readonly images: number;
  /** Model directory to write. */
  readonly out: string;
}

export interface HalfResult {
  readonly directory: string;
  readonly manifest: ModelManifest;
  /** Files in the folder that were no images. */
  readonly leftOut: SkippedFiles;
  /** Nodes that stayed in float, since half precision cannot hold what they give or take. */
  readonly inFloat: readonly string[];
  /** With the float model, on the same images. */
  readonly agreement: Agreement;
}

/** How far a probability may move when every number has 11 bits. */
const tolerance = 0.02;
const leastCosine = 0.99;
const madeUpImages = 8;

/**
 * Makes a half-precision model of a float one, for accelerators. On a CPU it is computed in float again, and slower.
 * @throws {UserError} when the model, the folder or `out` will not do, or the answers differ too much; then nothing is
 *   written
 */
export async function makeHalfModel({ source, out, calibrate, images }: HalfOptions): Promise<HalfResult> {
  await checkNotSource(source, out);
  await checkReplaceable(resolve(out), out);
  const model = await loadModel(source);
  const float = graphOf(decodeModel(model.network, source));
  requireFloat(float);
  const { graph } = restoreLrn(float);
  const { preprocess } = model.manifest;
  const { crops, leftOut } =
    calibrate === undefined
      ? { crops: syntheticCrops(madeUpImages, preprocess.crop), leftOut: {} }
      : await readCalibrationCrops(calibrate, preprocess, images);
  const half = toHalfPrecision(graph, await measureHalfRange(graph, model.manifest, crops));
  const network = encodeModel(modelOf(half.graph));
  const agreement = await compareNetworks(model, network, crops);
  if (!(agreement.maxDifference <= tolerance && agreement.embeddingCosine >= leastCosine)) {
    throw new UserError(
      `the half-precision network differs from ${source}: expected probabilities within ${tolerance} and a cosine of ` +
        `${leastCosine} between embeddings, got ${agreement.maxDifference.toExponential(1)} and ` +
        `${agreement.embeddingCosine.toFixed(3)}; nothing was written`,
    );
  }
  const manifest = await writeDerivedModel(out, model.manifest, `${model.manifest.name}-fp16`, network);
  return { directory: out, manifest, leftOut, inFloat: half.inFloat, agreement };
}
