import { UserError } from '../../shared/failures/user-error.ts';
import type { Graph } from '../graph/graph.ts';
import { linksOf } from '../graph/links.ts';
import { describeNode, isOperator } from '../graph/node.ts';
import { imageInput } from '../import/input/add-uint8-input.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { type PixelAffine, pixelAffines } from '../passes/pixel-affine.ts';
import { raiseOperatorSet } from '../passes/raise-operator-set.ts';
import { limiterAfter, saturatesAt } from './activation.ts';
import { type FloatNode, type FloatReason, floatReason } from './float-node.ts';
import { pixelInputOf } from './fold-pixels.ts';
import type { Observations } from './observe-values.ts';
import { isAveragePool, quantizeAveragePool } from './quantize-average.ts';
import { isChannelConcat, quantizeConcat } from './quantize-concat.ts';
import { isConvolution, quantizeConvolution } from './quantize-convolution.ts';
import {
  isMapProduct,
  isResidualAdd,
  isTableFunction,
  quantizeBinary,
  quantizeTableFunction,
} from './quantize-elementwise.ts';
import { isLrn, quantizeLrn } from './quantize-lrn.ts';
import { averageWholeMap, isMaxPool, isWholeMapAverage, quantizeMaxPool } from './quantize-pool.ts';
import { isPRelu, quantizePRelu } from './quantize-prelu.ts';
import { isChannelSplit, quantizeSplit } from './quantize-split.ts';
import { type Quantization, QuantizedGraph, quantizationOf } from './quantized-graph.ts';
import { raiseToBitCast } from './raise-to-bit-cast.ts';

export interface QuantizedNetwork {
  readonly graph: Graph;
  /** Nodes of the float network that stay in float, except those after the last map. */
  readonly inFloat: readonly FloatNode[];
}

/**
 * Quantizes a float network: convolutions, pools, concatenations and LRN become channels-last int8 kernels. Other nodes
 * stay in float, between conversions.
 *
 * @param float a network with the uint8 input of `addUint8Input`
 * @param isFloatLayer true for the output of a convolution, sum or average pool that stays in float
 * @throws {UserError} naming the node that cannot be quantized
 */
export function quantizeNetwork(
  float: Graph,
  observations: Observations,
  isFloatLayer: (output: string) => boolean = () => false,
): QuantizedNetwork {
  // QuantizeLinear and DequantizeLinear exist since operator set 10.
  const { graph: raised } = raiseOperatorSet(float);
  const source = raised.nodes.some(isLrn) ? raiseToBitCast(raised) : raised;
  const links = linksOf(source);
  const graph = new QuantizedGraph(source, observations);
  const pixels = pixelAffines(source, { name: imageOf(source), channels: 3, axis: 3, rank: 4 });
  const fused = new Set<NodeProto>();
  const concatenated = concatQuantizations(source, graph);
  const kept = new Set<NodeProto>();
  const leavingBytes = new Set<NodeProto>();
  const reasons = new Map<NodeProto, FloatReason>();
  for (const node of source.nodes) {
    const [input = ''] = node.input;
    const [output = ''] = node.output;
    if (fused.has(node)) continue;
    if (pixels.has(output) || isOperator(node, 'Constant')) {
      graph.defer(node);
      continue;
    }
    const kernel = isFloatLayer(output) ? undefined : requantizingKernel(node, graph, pixels);
    if (kernel !== undefined) {
      const limiter = limiterAfter(output, source, links);
      const result = limiter?.node.output[0] ?? output;
      const own = quantizationOf(graph.observation(result));
      const to = [concatenated.get(result) ?? own, own].find((each) => !limiter || saturatesAt(each, limiter));
      if (limiter && to) fused.add(limiter.node);
      if (to) kernel(result, to);
      else kernel(output, quantizationOf(graph.observation(output)));
    } else if (isTableFunction(node, graph)) quantizeTableFunction(graph, node);
    else if (isPRelu(node, graph)) quantizePRelu(graph, node);
    else if (isMaxPool(node) && graph.isQuantized(input)) quantizeMaxPool(graph, node);
    else if (isChannelConcat(node) && node.input.some((name) => graph.isQuantized(name))) quantizeConcat(graph, node);
    else if (isChannelSplit(node, graph) && graph.isQuantized(input)) quantizeSplit(graph, node);
    else if (isLrn(node) && graph.isQuantized(input)) quantizeLrn(graph, node);
    else if (isWholeMapAverage(node, graph) && graph.isQuantized(input)) averageWholeMap(graph, node);
    else {
      const readsBytes = node.input.some((name) => graph.isQuantized(name));
      if (readsBytes) leavingBytes.add(node);
      reasons.set(node, floatReason(node, readsBytes, isFloatLayer(output)));
      kept.add(node);
      graph.keep(node);
    }
  }
  for (const { name } of source.outputs) graph.float(name);
  const beforeBytes = keptBeforeBytes(source, kept);
  const inFloat = source.nodes.filter((node) => leavingBytes.has(node) || beforeBytes.has(node));
  return {
    graph: graph.finish(),
    inFloat: inFloat.map((node) => ({ node: describeNode(node), reason: reasons.get(node) ?? 'no int8 kernel' })),
  };
}

/** Float nodes whose output is later quantized. */
function keptBeforeBytes({ nodes }: Graph, kept: ReadonlySet<NodeProto>): Set<NodeProto> {
  const needed = new Set<string>();
  const result = new Set<NodeProto>();
  for (const node of nodes.toReversed()) {
    if (kept.has(node) && !node.output.some((name) => needed.has(name))) continue;
    if (kept.has(node)) result.add(node);
    for (const name of node.input) needed.add(name);
  }
  return result;
}

/** The name of the uint8 image. */
function imageOf({ inputs }: Graph): string {
  const [input] = inputs;
  if (input?.name === imageInput) return imageInput;
  throw new UserError(
    `the network has no uint8 input "${imageInput}" (its input: ${input?.name ?? 'none'}): run "model import" first`,
  );
}

/** The quantization that the inputs of each Concat share, so that concatenating them only copies bytes. */
function concatQuantizations(source: Graph, graph: QuantizedGraph): Map<string, Quantization> {
  const shared = new Map<string, Quantization>();
  for (const node of source.nodes) {
    const [output = ''] = node.output;
    if (!isChannelConcat(node) || !graph.observations.has(output)) continue;
    for (const name of node.input) shared.set(name, quantizationOf(graph.observation(output)));
  }
  return shared;
}

/** Computes a value as bytes of the given quantization. */
type Kernel = (output: string, to: Quantization) => void;

/** The kernel of a node whose output can have any quantization; undefined for other nodes. */
function requantizingKernel(
  node: NodeProto,
  graph: QuantizedGraph,
  pixels: ReadonlyMap<string, PixelAffine>,
): Kernel | undefined {
  const [input = ''] = node.input;
  if (isConvolution(node, graph)) {
    const pixelInput = pixelInputOf(node, pixels.get(input), imageInput);
    return (output, to) => quantizeConvolution(graph, node, output, to, pixelInput);
  }
  if (isResidualAdd(node, graph) || isMapProduct(node, graph)) {
    return (output, to) => quantizeBinary(graph, node, output, to);
  }
  if (isAveragePool(node, graph) && !isWholeMapAverage(node, graph))
    return (output, to) => quantizeAveragePool(graph, node, output, to);
  return undefined;
}
