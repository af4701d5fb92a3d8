import { attributeType } from '../../graph/attribute.ts';
import type { Graph, PassResult } from '../../graph/graph.ts';
import { makeValue, tensorType } from '../../graph/value.ts';
import { elementType } from '../../onnx/element-type.ts';
import type { NodeProto, TensorProto, ValueInfoProto } from '../../onnx/onnx_pb.ts';
import { makeTensor, tensorData, tensorShape } from '../../onnx/tensor.ts';

/**
 * Converts a float16 network to float: its weights, inputs, outputs, and the casts to float16. Every float16 number is a
 * float, so the weights stay the same; what changes is that results are no longer rounded to float16 between layers.
 * Always legal. Types of intermediate values are dropped.
 */
export function widenHalf(graph: Graph): PassResult {
  const tensors = [...graph.initializers].map(([name, tensor]) => [name, widenTensor(tensor)] as const);
  const nodes = graph.nodes.map(widenNode);
  const inputs = graph.inputs.map(widenValue);
  const outputs = graph.outputs.map(widenValue);
  const modified =
    tensors.some(([name, tensor]) => tensor !== graph.initializers.get(name)) ||
    nodes.some((node, index) => node !== graph.nodes[index]) ||
    inputs.some((value, index) => value !== graph.inputs[index]) ||
    outputs.some((value, index) => value !== graph.outputs[index]);
  if (!modified) return { graph, modified };
  return { graph: { ...graph, inputs, outputs, nodes, initializers: new Map(tensors), valueInfo: [] }, modified };
}

function widenTensor(tensor: TensorProto): TensorProto {
  if (tensor.dataType !== elementType.float16) return tensor;
  const bits = Uint16Array.from<number | bigint>(tensorData(tensor), Number);
  return makeTensor(tensor.name, tensorShape(tensor), Float32Array.from(new Float16Array(bits.buffer)));
}

function widenValue(value: ValueInfoProto): ValueInfoProto {
  const { dataType, shape = [] } = tensorType(value);
  return dataType === elementType.float16 ? makeValue(value.name, 'float', shape) : value;
}

/** Casts name their element type in `to`, a few other operators in `dtype`; constants are in tensor attributes. */
function widenNode(node: NodeProto): NodeProto {
  const isHalf = node.attribute.some(
    ({ name, type, i, t }) =>
      (type === attributeType.tensor && t?.dataType === elementType.float16) ||
      (type === attributeType.int && (name === 'to' || name === 'dtype') && Number(i) === elementType.float16),
  );
  if (!isHalf) return node;
  const attribute = node.attribute.map((each) => {
    if (each.t?.dataType === elementType.float16) return { ...each, t: widenTensor(each.t) };
    const namesType = (each.name === 'to' || each.name === 'dtype') && Number(each.i) === elementType.float16;
    return namesType ? { ...each, i: BigInt(elementType.float) } : each;
  });
  return { ...node, attribute };
}
