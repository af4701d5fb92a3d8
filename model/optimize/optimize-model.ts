import { resolve } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { type Graph, graphOf, modelOf, type PassResult } from '../graph/graph.ts';
import { removeUnusedWeights } from '../import/remove-unused-weights.ts';
import { checkNotSource, checkReplaceable } from '../import/replace-directory.ts';
import { decodeModel, encodeModel } from '../onnx/model-file.ts';
import { convertLrnToConvolution } from '../passes/convert-lrn-to-convolution.ts';
import { foldBatchNorm } from '../passes/fold-batch-norm.ts';
import { foldConstants } from '../passes/fold-constants.ts';
import { mergeSiblingConvolutions } from '../passes/merge-sibling-convolutions.ts';
import { type Agreement, compareNetworks } from '../verify/agreement.ts';
import { syntheticCrops } from '../verify/synthetic-crops.ts';
import { writeDerivedModel } from '../write-derived-model.ts';

export interface OptimizeOptions {
  /** Model directory. */
  readonly source: string;
  /** Model directory to write. */
  readonly out: string;
  /** Whether sibling 1×1 convolutions are merged: it helps some runtimes and hinders others. */
  readonly mergeSiblings: boolean;
}

export interface OptimizeResult {
  readonly directory: string;
  readonly manifest: ModelManifest;
  /** Passes that changed something, in order. */
  readonly passes: readonly string[];
  /** With the model it was made of, on made-up images. */
  readonly agreement: Agreement;
}

/** How far a probability may move by rearranging float arithmetic. */
export const optimizeTolerance = 1e-4;
const images = 8;

type Pass = (graph: Graph) => PassResult | Promise<PassResult>;

/**
 * Rewrites a model into one that computes the same faster, and proves that it does.
 * @throws {UserError} when the model or `out` will not do, or the answers differ; then nothing is written
 */
export async function optimizeModel({ source, out, mergeSiblings }: OptimizeOptions): Promise<OptimizeResult> {
  await checkNotSource(source, out);
  await checkReplaceable(resolve(out), out);
  const model = await loadModel(source);
  const passes: readonly (readonly [string, Pass])[] = [
    ['fold constants', foldConstants],
    ['fold batch normalisation', foldBatchNorm],
    ['LRN as convolution', convertLrnToConvolution],
    ...(mergeSiblings ? [['merge sibling convolutions', mergeSiblingConvolutions] as const] : []),
  ];
  let graph = graphOf(decodeModel(model.network, source));
  const applied: string[] = [];
  for (const [name, pass] of passes) {
    const result = await pass(graph);
    if (result.modified) applied.push(name);
    graph = result.graph;
  }
  const network = encodeModel(modelOf(removeUnusedWeights(graph).graph));
  const agreement = await compareNetworks(model, network, syntheticCrops(images, model.manifest.preprocess.crop));
  if (!(agreement.maxDifference <= optimizeTolerance)) {
    throw new UserError(
      `the optimised network differs from ${source}: expected probabilities within ${optimizeTolerance}, ` +
        `got ${agreement.maxDifference.toExponential(1)}; nothing was written`,
    );
  }
  const manifest = await writeDerivedModel(out, model.manifest, model.manifest.name, network);
  return { directory: out, manifest, passes: applied, agreement };
}
