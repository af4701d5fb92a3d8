import type { Graph } from '../graph/graph.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { floatData, makeTensor, tensorShape } from '../onnx/tensor.ts';
import type { ChannelAffine } from './channel-affine.ts';
import { floatInitializer } from './float-initializer.ts';

/** A convolution into whose weights an affine transform of its output channels can be folded. */
export interface Convolution {
  readonly node: NodeProto;
  readonly weights: TensorProto;
  readonly bias: TensorProto | undefined;
  /** Output channels. */
  readonly filters: number;
}

export interface FoldedConvolution {
  readonly node: NodeProto;
  readonly weights: TensorProto;
  readonly bias: TensorProto;
}

/** A Conv whose weights and bias are float initializers; undefined for every other node. */
export function foldableConvolution(node: NodeProto, graph: Graph): Convolution | undefined {
  if (!isOperator(node, 'Conv')) return undefined;
  const [, weightName = '', biasName = ''] = node.input;
  const weights = floatInitializer(graph, weightName);
  const bias = biasName === '' ? undefined : floatInitializer(graph, biasName);
  if (weights === undefined || (biasName !== '' && bias === undefined)) return undefined;
  return { node, weights, bias, filters: tensorShape(weights)[0] ?? 0 };
}

/**
 * Combines a convolution and an affine transform per channel into one convolution. A convolution is linear in its
 * weights, so w′ = factor × w and b′ = factor × b + offset; computed in double precision and rounded once.
 * @param names of the new weights and bias
 * @param output name of the new convolution's output
 */
export function foldIntoConvolution(
  { node, weights, bias, filters }: Convolution,
  { factor, offset }: ChannelAffine,
  names: { readonly weights: string; readonly bias: string },
  output: string,
): FoldedConvolution {
  const old = floatData(weights);
  const perFilter = old.length / filters;
  const scaled = old.map((value, index) => value * (factor[Math.floor(index / perFilter)] ?? Number.NaN));
  const oldBias = bias === undefined ? new Float32Array(filters) : floatData(bias);
  const shifted = oldBias.map(
    (value, filter) => value * (factor[filter] ?? Number.NaN) + (offset[filter] ?? Number.NaN),
  );
  return {
    node: { ...node, input: [node.input[0] ?? '', names.weights, names.bias], output: [output] },
    weights: makeTensor(names.weights, tensorShape(weights), scaled),
    bias: makeTensor(names.bias, [filters], shifted),
  };
}
