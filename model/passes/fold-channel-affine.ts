import type { Graph, PassResult } from '../graph/graph.ts';
import { channelAffineOf } from './channel-affine.ts';
import { foldAffineNodes } from './fold-affine-nodes.ts';

/**
 * Folds Mul, Div, Add and Sub by constants per channel into the convolution before them: Caffe's Scale layers and what
 * remains of normalisations that an exporter took apart. Legal only if
 * 1. the other operand is a float initializer with one number, or one per output channel on the axis of the channels,
 * 2. a Div divides by it and does not divide it,
 * 3. the node's input comes from a Conv, is read by nothing else and is no output of the graph, and
 * 4. that convolution's weights and bias are float initializers.
 * Equal up to rounding. A node for which this does not hold is left as it is.
 */
export function foldChannelAffine(graph: Graph): PassResult {
  return foldAffineNodes(graph, (node, value, channels) => channelAffineOf(node, value, channels, graph));
}
