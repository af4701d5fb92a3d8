import { resolve } from 'node:path';
import { loadModel } from '../../shared/model-directory.ts';
import type { ModelManifest } from '../../shared/model-manifest.ts';
import { UserError } from '../../shared/user-error.ts';
import { graphOf, modelOf } from '../graph/graph.ts';
import { checkReplaceable } from '../import/replace-directory.ts';
import { decodeModel, encodeModel } from '../onnx/model-file.ts';
import { lrnFromConvolution } from '../passes/lrn-from-convolution.ts';
import { type Agreement, compareOnCrops } from '../verify/agreement.ts';
import { madeUpCrops } from '../verify/test-crops.ts';
import { writeDerivedModel } from '../write-derived-model.ts';
import { halfPrecision } from './half-precision.ts';
import { requireFloat } from './require-float.ts';

export interface HalfResult {
  readonly directory: string;
  readonly manifest: ModelManifest;
  /** With the float model, on made-up images. */
  readonly agreement: Agreement;
}

/** How far a probability may move when every number has 11 bits. */
const tolerance = 0.02;
const images = 8;

/**
 * Makes a half-precision model of a float one, for accelerators. On a CPU it is computed in float again, and slower.
 * @throws {UserError} when the model or `out` will not do, or the answers differ too much; then nothing is written
 */
export async function halfModel({ source, out }: { source: string; out: string }): Promise<HalfResult> {
  await checkReplaceable(resolve(out), out);
  const model = await loadModel(source);
  const float = graphOf(decodeModel(model.network, source));
  requireFloat(float);
  const { graph } = lrnFromConvolution(float);
  const network = encodeModel(modelOf(halfPrecision(graph)));
  const agreement = await compareOnCrops(model, network, madeUpCrops(images, model.manifest.preprocess.crop));
  if (!(agreement.maxDifference <= tolerance)) {
    throw new UserError(
      `the half-precision network differs from ${source}: expected probabilities within ${tolerance}, ` +
        `got ${agreement.maxDifference.toExponential(1)}; nothing was written`,
    );
  }
  const manifest = await writeDerivedModel(out, model.manifest, `${model.manifest.name}-fp16`, network);
  return { directory: out, manifest, agreement };
}
