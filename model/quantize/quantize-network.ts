import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import type { Graph } from '../graph/graph.ts';
import { type Links, linksOf } from '../graph/links.ts';
import { describeNode, isOperator } from '../graph/node.ts';
import { imageInput } from '../import/input/add-uint8-input.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { raiseOperatorSet } from '../passes/raise-operator-set.ts';
import type { Observations } from './observe-values.ts';
import { isChannelConcat, quantizeConcat } from './quantize-concat.ts';
import { isConvolution, type PixelInput, quantizeConvolution } from './quantize-convolution.ts';
import { isLrn, quantizeLrn } from './quantize-lrn.ts';
import { averageWholeMap, isMaxPool, isWholeMapAverage, quantizeMaxPool } from './quantize-pool.ts';
import { isChannelSplit, quantizeSplit } from './quantize-split.ts';
import { type Quantization, QuantizedGraph, quantizationOf } from './quantized-graph.ts';

export interface QuantizedNetwork {
  readonly graph: Graph;
  /** Nodes of the float network that stay in float, except those after the last map. */
  readonly inFloat: readonly string[];
}

/**
 * Quantizes a float network: convolutions, pools, concatenations and LRN become channels-last int8 kernels. Other nodes
 * stay in float, between conversions.
 *
 * @param float a network with the uint8 input of `addUint8Input`
 * @throws {UserError} naming the node that cannot be quantized
 */
export function quantizeNetwork(
  float: Graph,
  { preprocess }: Pick<ModelManifest, 'preprocess'>,
  observations: Observations,
): QuantizedNetwork {
  // QuantizeLinear and DequantizeLinear exist since operator set 10.
  const { graph: source } = raiseOperatorSet(float);
  const links = linksOf(source);
  const graph = new QuantizedGraph(source, observations);
  const head = headOf(source, links);
  const pixels = pixelInput(preprocess);
  const fused = new Set<NodeProto>();
  const concatenated = concatQuantizations(source, graph);
  const kept = new Set<NodeProto>();
  const leavingBytes = new Set<NodeProto>();
  let headKept = false;
  for (const node of source.nodes) {
    const [input = ''] = node.input;
    const [output = ''] = node.output;
    if (head.nodes.has(node) || fused.has(node)) continue;
    if (isConvolution(node, graph)) {
      const activation = activationBehind(output, links);
      if (activation) fused.add(activation);
      const result = activation?.output[0] ?? output;
      const common = concatenated.get(result);
      // Only with zero-point 0 do the bytes clip at 0, as the Relu does.
      const shared = common !== undefined && (!activation || common.zeroPoint === 0) ? common : undefined;
      const to = shared ?? quantizationOf(graph.observation(result));
      quantizeConvolution(graph, node, result, to, input === head.output ? pixels : undefined);
    } else if (isMaxPool(node) && graph.isQuantized(input)) quantizeMaxPool(graph, node);
    else if (isChannelConcat(node) && node.input.some((name) => graph.isQuantized(name))) quantizeConcat(graph, node);
    else if (isChannelSplit(node, graph) && graph.isQuantized(input)) quantizeSplit(graph, node);
    else if (isLrn(node) && graph.isQuantized(input)) quantizeLrn(graph, node);
    else if (isWholeMapAverage(node, graph) && graph.isQuantized(input)) averageWholeMap(graph, node);
    else {
      // A node other than a convolution reads the float image, so the float input nodes must stay.
      if (node.input.includes(head.output) && !headKept) {
        for (const headNode of head.nodes) graph.keep(headNode);
        headKept = true;
      }
      if (node.input.some((name) => graph.isQuantized(name))) leavingBytes.add(node);
      kept.add(node);
      graph.keep(node);
    }
  }
  for (const { name } of source.outputs) graph.float(name);
  const beforeBytes = keptBeforeBytes(source, kept, head.nodes);
  const inFloat = source.nodes.filter((node) => leavingBytes.has(node) || beforeBytes.has(node));
  return { graph: graph.finish(), inFloat: inFloat.map(describeNode) };
}

/** Float nodes whose output is later quantized. */
function keptBeforeBytes({ nodes }: Graph, kept: ReadonlySet<NodeProto>, head: ReadonlySet<NodeProto>): Set<NodeProto> {
  const needed = new Set<string>();
  const result = new Set<NodeProto>();
  for (const node of nodes.toReversed()) {
    if (head.has(node) || isOperator(node, 'Constant')) continue;
    if (kept.has(node) && !node.output.some((name) => needed.has(name))) continue;
    if (kept.has(node)) result.add(node);
    for (const name of node.input) needed.add(name);
  }
  return result;
}

/** The nodes that convert the uint8 image to the float input of the first layer, and the name of that input. */
function headOf({ inputs }: Graph, links: Links): { nodes: Set<NodeProto>; output: string } {
  const [input] = inputs;
  if (input?.name !== imageInput) {
    throw new UserError(
      `the network has no uint8 input "${imageInput}" (its input: ${input?.name ?? 'none'}): run "model import" first`,
    );
  }
  const nodes = new Set<NodeProto>();
  let output = imageInput;
  // Each at most once and in this order; later ones belong to the network.
  const expected = ['Transpose', 'Cast', 'Sub', 'Mul'];
  for (;;) {
    const [reader, another] = links.consumers(output);
    if (reader === undefined || another !== undefined) break;
    if (!isOperator(reader, ...expected.splice(0, 1 + expected.indexOf(reader.opType)))) break;
    for (const name of reader.input) {
      const constant = links.producer(name);
      if (constant && isOperator(constant, 'Constant')) nodes.add(constant);
    }
    nodes.add(reader);
    output = reader.output[0] ?? '';
  }
  return { nodes, output };
}

/** A kernel has one zero-point for all channels: the byte nearest to the average of their means. */
function pixelInput({ mean, scale }: ModelManifest['preprocess']): PixelInput {
  const zeroPoint = Math.round(mean.reduce((sum, value) => sum + value, 0) / mean.length);
  return { image: { name: imageInput, scale: 1, zeroPoint: Math.min(Math.max(zeroPoint, 0), 255) }, mean, scale };
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

/** The Relu that is the only consumer of a value: a quantized range that starts at 0 replaces it. */
function activationBehind(value: string, links: Links): NodeProto | undefined {
  const [reader, another] = links.consumers(value);
  if (reader === undefined || another !== undefined || links.isOutput(value)) return undefined;
  return isOperator(reader, 'Relu') ? reader : undefined;
}
