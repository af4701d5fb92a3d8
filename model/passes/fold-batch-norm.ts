import { getFloat, getInt } from '../graph/attribute.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { floatData } from '../onnx/tensor.ts';
import type { ChannelAffine } from './channel-affine.ts';
import { floatInitializer } from './float-initializer.ts';
import { foldAffineNodes } from './fold-affine-nodes.ts';

/**
 * Folds BatchNormalization into the convolution before it. At inference it is y = factor × x + offset per channel, with
 * factor = scale ÷ √(variance + ε) and offset = bias − factor × mean (Ioffe and Szegedy 2015, algorithm 2). Legal only if
 * 1. it uses stored statistics: no training mode, no further outputs, per channel (`spatial`),
 * 2. its scale, bias, mean and variance are float initializers with one number per output channel of the convolution,
 * 3. its input comes from a Conv, has no other reader and is not an output of the graph, and
 * 4. the weights and bias of that Conv are float initializers.
 * Other nodes are left unchanged. Equal up to rounding: weights are scaled before the products are summed.
 */
export function foldBatchNorm(graph: Graph): PassResult {
  return foldAffineNodes(graph, (node, value, channels) => affineOf(node, value, channels, graph));
}

function affineOf(node: NodeProto, value: string, channels: number, graph: Graph): ChannelAffine | undefined {
  if (!isOperator(node, 'BatchNormalization') || node.input[0] !== value || !isInference(node)) return undefined;
  const [scale, bias, mean, variance] = node.input.slice(1).map((name) => {
    const tensor = floatInitializer(graph, name);
    return tensor === undefined ? new Float32Array() : floatData(tensor);
  });
  if ([scale, bias, mean, variance].some((values) => values?.length !== channels)) return undefined;
  const epsilon = getFloat(node, 'epsilon', 1e-5);
  const factor = Float64Array.from(scale ?? [], (value, channel) => {
    return value / Math.sqrt((variance?.[channel] ?? Number.NaN) + epsilon);
  });
  const offset = factor.map((value, channel) => {
    return (bias?.[channel] ?? Number.NaN) - value * (mean?.[channel] ?? Number.NaN);
  });
  return { factor, offset };
}

function isInference(node: NodeProto): boolean {
  const furtherOutputs = node.output.slice(1).some((name) => name !== '');
  return !furtherOutputs && getInt(node, 'training_mode', 0) === 0 && getInt(node, 'spatial', 1) === 1;
}
