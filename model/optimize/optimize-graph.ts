import type { Graph, PassResult } from '../graph/graph.ts';
import { removeUnusedWeights } from '../import/file/remove-unused-weights.ts';
import { convertLrnToConvolution } from '../passes/convert-lrn-to-convolution.ts';
import { foldBatchNorm } from '../passes/fold-batch-norm.ts';
import { foldConstants } from '../passes/fold-constants.ts';
import { mergeSiblingConvolutions } from '../passes/merge-sibling-convolutions.ts';

export interface OptimizedGraph {
  readonly graph: Graph;
  /** The passes that changed the network, in order. */
  readonly passes: readonly string[];
}

type Pass = (graph: Graph) => PassResult | Promise<PassResult>;

/** @param mergeSiblings merge 1×1 convolutions that read the same value */
export async function optimizeGraph(source: Graph, mergeSiblings: boolean): Promise<OptimizedGraph> {
  const passes: readonly (readonly [string, Pass])[] = [
    ['fold constants', foldConstants],
    ['fold batch normalization', foldBatchNorm],
    ['LRN as convolution', convertLrnToConvolution],
    ...(mergeSiblings ? [['merge sibling convolutions', mergeSiblingConvolutions] as const] : []),
  ];
  let graph = source;
  const applied: string[] = [];
  for (const [name, pass] of passes) {
    const result = await pass(graph);
    if (result.modified) applied.push(name);
    graph = result.graph;
  }
  return { graph: removeUnusedWeights(graph).graph, passes: applied };
}
