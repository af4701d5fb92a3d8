import { getInt, intAttribute } from '../graph/attribute.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { type QuantizedGraph, quantizationOf } from './quantized-graph.ts';

/** True for a Concat of channels. */
export function isChannelConcat(node: NodeProto): boolean {
  return isOperator(node, 'Concat') && getInt(node, 'axis', 1) === 1;
}

/** Joins channels; where all have the quantization of the result that is copying bytes. */
export function quantizeConcat(graph: QuantizedGraph, node: NodeProto): void {
  const [output = ''] = node.output;
  const to = quantizationOf(graph.observation(output));
  const parts = node.input.map((name) => graph.quantized(name));
  const inputs = [
    ...[graph.scale(to.scale), graph.zeroPoint(to.zeroPoint)],
    ...parts.flatMap(({ name, scale, zeroPoint }) => [name, graph.scale(scale), graph.zeroPoint(zeroPoint)]),
  ];
  const name = graph.add('QLinearConcat', inputs, graph.fresh(`${output}_q`), {
    own: true,
    attributes: [intAttribute('axis', 3)],
  });
  graph.setQuantized(output, { name, ...to });
}
