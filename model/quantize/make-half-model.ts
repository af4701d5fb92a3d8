import { UserError } from '../../shared/failures/user-error.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import type { ModelManifest, Preprocess } from '../../shared/models/model-manifest.ts';
import { graphOf, modelOf } from '../graph/graph.ts';
import { requireFloat } from '../graph/require-float.ts';
import { decodeModel, encodeModel } from '../onnx/model-file.ts';
import { restoreLrn } from '../passes/restore-lrn.ts';
import { checkNotSource, checkReplaceable } from '../replace-directory.ts';
import { type Agreement, compareNetworks } from '../verify/agreement.ts';
import type { SkippedFiles } from '../verify/photo-folder.ts';
import { syntheticCrops } from '../verify/synthetic-crops.ts';
import { writeDerivedModel } from '../write-derived-model.ts';
import { measureHalfRange } from './measure-half-range.ts';
import { readCalibrationCrops } from './read-calibration-crops.ts';
import { toHalfPrecision } from './to-half-precision.ts';

export interface HalfOptions {
  /** Float model directory. */
  readonly source: string;
  /** Folder of images typical of the input, for measuring value ranges; synthetic images by default. */
  readonly calibrate?: string | undefined;
  /** Maximum number of images read from that folder. */
  readonly images: number;
  /** Model directory to write. */
  readonly out: string;
  /** Replaces an existing model. @default false */
  readonly overwrite?: boolean | undefined;
}

export interface HalfResult {
  readonly directory: string;
  readonly manifest: ModelManifest;
  /** Files of the folder that could not be read as images, by reason. */
  readonly leftOut: SkippedFiles;
  /** Nodes that stayed in float because an input or output is out of range for half precision. */
  readonly inFloat: readonly string[];
  /** Compared with the float model on the same images. */
  readonly agreement: Agreement;
}

/** Tolerance of probabilities: half precision has 11 significant bits. */
const tolerance = 0.02;
const minCosine = 0.99;
const syntheticImages = 8;

/**
 * Converts a float model to half precision, for accelerators. A CPU computes it in float anyway, and slower.
 * @throws {UserError} when the model, the folder or `out` is not usable, or the result differs too much from the float
 *   model; then nothing is written
 */
export async function makeHalfModel({ source, out, overwrite, calibrate, images }: HalfOptions): Promise<HalfResult> {
  await checkNotSource(source, out);
  await checkReplaceable(out, overwrite);
  const model = await loadModel(source);
  const float = graphOf(decodeModel(model.network, source));
  requireFloat(float, model.manifest);
  const { graph } = restoreLrn(float);
  const { preprocess } = model.manifest;
  const { crops, leftOut } =
    calibrate === undefined
      ? { crops: syntheticCrops(syntheticImages, preprocess.crop), leftOut: {} }
      : await readAllCrops(calibrate, preprocess, images);
  const half = toHalfPrecision(graph, await measureHalfRange(graph, model.manifest, crops));
  const network = encodeModel(modelOf(half.graph));
  const agreement = await compareNetworks(model, network, crops);
  if (!(agreement.maxDifference <= tolerance && agreement.embeddingCosine >= minCosine)) {
    throw new UserError(
      `the half-precision model differs too much from ${source}: probabilities differ by up to ` +
        `${agreement.maxDifference.toExponential(1)} (tolerance ${tolerance}), embedding cosine ` +
        `${agreement.embeddingCosine.toFixed(3)} (at least ${minCosine} required); nothing was written`,
    );
  }
  const manifest = await writeDerivedModel(out, model.manifest, `${model.manifest.name}-fp16`, network);
  return { directory: out, manifest, leftOut, inFloat: half.inFloat, agreement };
}

/** Ranges and agreement are measured on the same images: half precision is not fitted to them. */
async function readAllCrops(folder: string, rule: Preprocess, max: number) {
  const { crops, heldOut, leftOut } = await readCalibrationCrops(folder, rule, max);
  return { crops: [...crops, ...heldOut].slice(0, max), leftOut };
}
