import { floatAttribute, getFloat } from '../graph/attribute.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { type Quantization, type QuantizedGraph, type QuantizedValue, quantizationOf } from './quantized-graph.ts';

/** True for the sum of two maps of one shape, of which at least one is available as bytes. */
export function isResidualAdd(node: NodeProto, graph: QuantizedGraph): boolean {
  const [first, second] = node.input.map((name) => graph.observations.get(name)?.shape);
  if (!isOperator(node, 'Add') || first?.length !== 3 || first.join() !== second?.join()) return false;
  return node.input.some((name) => graph.isQuantized(name));
}

/** Adds or multiplies two maps of bytes. */
export function quantizeBinary(graph: QuantizedGraph, node: NodeProto, output: string, to: Quantization): void {
  const [first, second] = node.input.map((name) => graph.quantized(name));
  if (first === undefined || second === undefined) throw new Error(`${node.opType} has two inputs`);
  const inputs = [
    ...operand(graph, first),
    ...operand(graph, second),
    graph.scale(to.scale),
    graph.zeroPoint(to.zeroPoint),
  ];
  const name = graph.add(`QLinear${node.opType}`, inputs, graph.fresh(`${output}_q`), { runtimeOnly: true });
  graph.setQuantized(output, { name, ...to });
}

/** A product of two maps, of which one can be a number per channel, as in squeeze and excitation. */
export function isMapProduct(node: NodeProto, graph: QuantizedGraph): boolean {
  const [first, second] = node.input.map((name) => graph.observations.get(name)?.shape);
  if (!isOperator(node, 'Mul') || first?.length !== 3 || second?.length !== 3) return false;
  const isVector = ([channels, height, width]: readonly number[], other: readonly number[]) =>
    channels === other[0] && height === 1 && width === 1;
  const fits = first.join() === second.join() || isVector(first, second) || isVector(second, first);
  return fits && node.input.some((name) => graph.isQuantized(name));
}

/** True for a function of one number, whose kernel is a table of 256 bytes. */
export function isTableFunction(node: NodeProto, graph: QuantizedGraph): boolean {
  return isOperator(node, 'Relu', 'LeakyRelu', 'Sigmoid') && graph.isQuantized(node.input[0] ?? '');
}

/** Sigmoid, LeakyRelu, or a Relu that could not become part of the kernel before it. */
export function quantizeTableFunction(graph: QuantizedGraph, node: NodeProto): void {
  const [input = ''] = node.input;
  const [output = ''] = node.output;
  const to = quantizationOf(graph.observation(output));
  const inputs = [...operand(graph, graph.quantized(input)), graph.scale(to.scale), graph.zeroPoint(to.zeroPoint)];
  const alpha = isOperator(node, 'LeakyRelu') ? getFloat(node, 'alpha', 0.01) : 0;
  const isSigmoid = isOperator(node, 'Sigmoid');
  const name = graph.add(isSigmoid ? 'QLinearSigmoid' : 'QLinearLeakyRelu', inputs, graph.fresh(`${output}_q`), {
    runtimeOnly: true,
    attributes: isSigmoid ? [] : [floatAttribute('alpha', alpha)],
  });
  graph.setQuantized(output, { name, ...to });
}

/** A value with its quantization, as the inputs of a kernel. */
export function operand(graph: QuantizedGraph, { name, scale, zeroPoint }: QuantizedValue): string[] {
  return [name, graph.scale(scale), graph.zeroPoint(zeroPoint)];
}
