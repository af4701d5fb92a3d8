import { floatAttribute } from '../graph/attribute.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { type Quantization, type QuantizedGraph, type QuantizedValue, quantizationOf } from './quantized-graph.ts';

/** True for the sum of two maps of one shape, of which at least one is available as bytes. */
export function isResidualAdd(node: NodeProto, graph: QuantizedGraph): boolean {
  const [first, second] = node.input.map((name) => graph.observations.get(name)?.shape);
  if (!isOperator(node, 'Add') || first?.length !== 3 || first.join() !== second?.join()) return false;
  return node.input.some((name) => graph.isQuantized(name));
}

/** Adds two maps of bytes. */
export function quantizeAdd(graph: QuantizedGraph, node: NodeProto, output: string, to: Quantization): void {
  const [first, second] = node.input.map((name) => graph.quantized(name));
  if (first === undefined || second === undefined) throw new Error('an Add has two inputs');
  const inputs = [
    ...operand(graph, first),
    ...operand(graph, second),
    graph.scale(to.scale),
    graph.zeroPoint(to.zeroPoint),
  ];
  const name = graph.add('QLinearAdd', inputs, graph.fresh(`${output}_q`), { runtimeOnly: true });
  graph.setQuantized(output, { name, ...to });
}

/** A Relu that could not become part of the kernel before it: a table of 256 bytes. */
export function quantizeRelu(graph: QuantizedGraph, node: NodeProto): void {
  const [input = ''] = node.input;
  const [output = ''] = node.output;
  const to = quantizationOf(graph.observation(output));
  const inputs = [...operand(graph, graph.quantized(input)), graph.scale(to.scale), graph.zeroPoint(to.zeroPoint)];
  const name = graph.add('QLinearLeakyRelu', inputs, graph.fresh(`${output}_q`), {
    runtimeOnly: true,
    attributes: [floatAttribute('alpha', 0)],
  });
  graph.setQuantized(output, { name, ...to });
}

/** A value with its quantization, as the inputs of a kernel. */
export function operand(graph: QuantizedGraph, { name, scale, zeroPoint }: QuantizedValue): string[] {
  return [name, graph.scale(scale), graph.zeroPoint(zeroPoint)];
}
