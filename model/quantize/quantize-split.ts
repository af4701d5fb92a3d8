import { getInt, intAttribute } from '../graph/attribute.ts';
import { isOperator, makeNode } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { tensorData, tensorShape } from '../onnx/tensor.ts';
import type { QuantizedGraph } from './quantized-graph.ts';

/** True for a Split along the channels with constant sizes. */
export function isChannelSplit(node: NodeProto, { source }: QuantizedGraph): boolean {
  const [, sizes = ''] = node.input;
  return isOperator(node, 'Split') && getInt(node, 'axis', 0) === 1 && (sizes === '' || source.initializers.has(sizes));
}

/** Splitting copies bytes, so every output keeps the quantization of the input. */
export function quantizeSplit(graph: QuantizedGraph, node: NodeProto): void {
  const [input = '', sizes = ''] = node.input;
  const { name: from, scale, zeroPoint } = graph.quantized(input);
  const tensor = graph.source.initializers.get(sizes);
  const outputs = node.output.map((output) => (output === '' ? '' : graph.fresh(`${output}_q`)));
  const inputs = tensor ? [from, graph.constant(sizes, tensorShape(tensor), tensorData(tensor))] : [from];
  const attributes = [intAttribute('axis', 3), ...node.attribute.filter(({ name }) => name !== 'axis')];
  graph.push(makeNode('Split', inputs, outputs, { name: node.name, attributes }));
  for (const [index, output] of node.output.entries()) {
    if (output !== '') graph.setQuantized(output, { name: outputs[index] ?? '', scale, zeroPoint });
  }
}
