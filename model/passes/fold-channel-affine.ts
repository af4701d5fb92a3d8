import type { Graph, PassResult } from '../graph/graph.ts';
import { channelAffineOf } from './channel-affine.ts';
import { foldAffineNodes } from './fold-affine-nodes.ts';

/**
 * Folds Mul, Div, Add and Sub by constants per channel into the convolution before them, as in Caffe's Scale layers and
 * in normalizations that an exporter decomposed. Legal only if
 * 1. the other operand is a float initializer with one number, or one per output channel along the channel axis,
 * 2. the constant of a Div is the divisor,
 * 3. the node's input comes from a Conv, has no other reader and is not an output of the graph, and
 * 4. the weights and bias of that Conv are float initializers.
 * Other nodes are left unchanged. Equal up to rounding.
 */
export function foldChannelAffine(graph: Graph): PassResult {
  return foldAffineNodes(graph, (node, value, channels) => channelAffineOf(node, value, channels, graph));
}
