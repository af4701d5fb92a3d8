import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { floatData, tensorShape } from '../onnx/tensor.ts';
import { operand } from './quantize-elementwise.ts';
import { type QuantizedGraph, quantizationOf } from './quantized-graph.ts';

/** True for a PRelu of bytes whose slopes, one or one per channel, are constants below 1. */
export function isPRelu(node: NodeProto, graph: QuantizedGraph): boolean {
  const [input = '', slopeName = ''] = node.input;
  if (!isOperator(node, 'PRelu') || !graph.isQuantized(input)) return false;
  const slopes = slopesOf(graph, slopeName);
  const [channels] = graph.observation(input).shape;
  return (
    slopes !== undefined && (slopes.length === 1 || slopes.length === channels) && slopes.every((slope) => slope < 1)
  );
}

/**
 * The runtime has no PRelu of bytes. For slopes s below 1, PRelu(x) = x + max(0, (s − 1)·x): the product is positive where x
 * is negative, and as bytes with zero-point 0 it saturates at 0 elsewhere.
 */
export function quantizePRelu(graph: QuantizedGraph, node: NodeProto): void {
  const [input = '', slopeName = ''] = node.input;
  const [output = ''] = node.output;
  const slopes = slopesOf(graph, slopeName) ?? new Float32Array();
  const factors = slopes.map((slope) => slope - 1);
  const from = graph.quantized(input);
  const name = (suffix: string) => graph.fresh(`${output}_${suffix}`);
  const factor = quantizationOf({ min: Math.min(...factors), max: 0 });
  const bytes = Uint8Array.from(factors, (value) => Math.round(value / factor.scale) + factor.zeroPoint);
  const constant = { name: graph.constant(name('factors'), [1, 1, 1, bytes.length], bytes), ...factor };
  const lowest = Math.max(0, -graph.observation(input).min);
  const raised = quantizationOf({ min: 0, max: lowest * Math.max(...factors.map(Math.abs)) });
  const inputs = [...operand(graph, from), ...operand(graph, constant), graph.scale(raised.scale), graph.zeroPoint(0)];
  const product = graph.add('QLinearMul', inputs, name('raised'), { runtimeOnly: true });
  const to = quantizationOf(graph.observation(output));
  const terms = [...operand(graph, from), ...operand(graph, { name: product, ...raised })];
  const sum = graph.add('QLinearAdd', [...terms, graph.scale(to.scale), graph.zeroPoint(to.zeroPoint)], name('q'), {
    runtimeOnly: true,
  });
  graph.setQuantized(output, { name: sum, ...to });
}

/** The slopes [channels, 1, 1], [1, channels, 1, 1] or [1]. */
function slopesOf({ source }: QuantizedGraph, name: string): Float32Array | undefined {
  const tensor = source.initializers.get(name);
  if (tensor === undefined) return undefined;
  const shape = tensorShape(tensor);
  const isPerChannel = shape.length >= 3 && shape.every((size, axis) => size === 1 || axis === shape.length - 3);
  return isPerChannel || shape.every((size) => size === 1) ? floatData(tensor) : undefined;
}
