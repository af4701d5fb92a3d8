import { getInt, intAttribute } from '../graph/attribute.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { type QuantizedGraph, quantizationOf } from './quantized-graph.ts';

/** True for a Concat along the channels. */
export function isChannelConcat(node: NodeProto): boolean {
  return isOperator(node, 'Concat') && getInt(node, 'axis', 1) === 1;
}

/** Concatenates channels: a plain copy of bytes where all inputs share the quantization of the result. */
export function quantizeConcat(graph: QuantizedGraph, node: NodeProto): void {
  const [output = ''] = node.output;
  const to = quantizationOf(graph.observation(output));
  const values = node.input.map((name) => graph.quantized(name));
  const inputs = [
    ...[graph.scale(to.scale), graph.zeroPoint(to.zeroPoint)],
    ...values.flatMap(({ name, scale, zeroPoint }) => [name, graph.scale(scale), graph.zeroPoint(zeroPoint)]),
  ];
  const name = graph.add('QLinearConcat', inputs, graph.fresh(`${output}_q`), {
    runtimeOnly: true,
    attributes: [intAttribute('axis', 3)],
  });
  graph.setQuantized(output, { name, ...to });
}
