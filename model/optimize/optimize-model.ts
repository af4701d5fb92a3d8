import { UserError } from '../../shared/failures/user-error.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { graphOf, modelOf } from '../graph/graph.ts';
import { requireFloat } from '../graph/require-float.ts';
import { decodeModel, encodeModel } from '../onnx/model-file.ts';
import { checkNotSource, checkReplaceable } from '../replace-directory.ts';
import { type Agreement, compareNetworks } from '../verify/agreement.ts';
import { syntheticCrops } from '../verify/synthetic-crops.ts';
import { writeDerivedModel } from '../write-derived-model.ts';
import { optimizeGraph } from './optimize-graph.ts';

export interface OptimizeOptions {
  /** Model directory. */
  readonly source: string;
  /** Model directory to write. */
  readonly out: string;
  /** Replaces an existing model. @default false */
  readonly overwrite?: boolean | undefined;
  /** Merge 1×1 convolutions that read the same value: faster on some runtimes, slower on others. */
  readonly mergeSiblings: boolean;
}

export interface OptimizeResult {
  readonly directory: string;
  readonly manifest: ModelManifest;
  /** The passes that changed the network, in order. */
  readonly passes: readonly string[];
  /** Agreement with the original model on synthetic images. */
  readonly agreement: Agreement;
}

/** Largest accepted change of a probability from reordered float arithmetic. */
const tolerance = 1e-4;
const imageCount = 8;

/**
 * Rewrites a model to run faster, and checks that its outputs stay the same.
 * @throws {UserError} if the model or `out` is invalid, or the outputs differ; then nothing is written
 */
export async function optimizeModel({
  source,
  out,
  overwrite,
  mergeSiblings,
}: OptimizeOptions): Promise<OptimizeResult> {
  await checkNotSource(source, out);
  await checkReplaceable(out, overwrite);
  const model = await loadModel(source);
  const float = graphOf(decodeModel(model.network, source));
  requireFloat(float, model.manifest);
  const { graph, passes } = await optimizeGraph(float, mergeSiblings);
  const network = encodeModel(modelOf(graph));
  const agreement = await compareNetworks(model, network, syntheticCrops(imageCount, model.manifest.preprocess.crop));
  if (!(agreement.maxDifference <= tolerance)) {
    throw new UserError(
      `the optimized network differs from ${source}: probabilities differ by ` +
        `${agreement.maxDifference.toExponential(1)} (tolerance ${tolerance}); nothing was written`,
    );
  }
  const manifest = await writeDerivedModel(out, model.manifest, model.manifest.name, network);
  return { directory: out, manifest, passes, agreement };
}
