import type { Graph, PassResult } from '../graph/graph.ts';
import { isOperator } from '../graph/node.ts';
import { channelAffineOf } from './channel-affine.ts';
import { floatInitializer } from './float-initializer.ts';
import { foldAffineNodes } from './fold-affine-nodes.ts';

/**
 * Folds BatchNormalization into the convolution before it. At inference it is y = factor × x + offset per channel
 * (`channelAffineOf`). Legal only if
 * 1. it uses stored statistics: no training mode, no further outputs, per channel (`spatial`),
 * 2. its scale, bias, mean and variance are float initializers with one number per output channel of the convolution,
 * 3. its input comes from a Conv, has no other reader and is not an output of the graph, and
 * 4. the weights and bias of that Conv are float initializers.
 * Other nodes are left unchanged. Equal up to rounding: weights are scaled before the products are summed.
 */
export function foldBatchNorm(graph: Graph): PassResult {
  const constants = (name: string) => floatInitializer(graph, name);
  return foldAffineNodes(graph, (node, value, channels) =>
    isOperator(node, 'BatchNormalization')
      ? channelAffineOf(node, value, { channels, axis: 1, rank: 4 }, constants)
      : undefined,
  );
}
