import { create } from '@bufbuild/protobuf';
import { UserError } from '../../shared/user-error.ts';
import { getInt, getTensor, holdsGraph, intAttribute, tensorAttribute } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { freshName } from '../graph/names.ts';
import { describeNode, isOperator, makeNode } from '../graph/node.ts';
import { elementType } from '../onnx/element-type.ts';
import { type NodeProto, type TensorProto, TensorProtoSchema } from '../onnx/onnx_pb.ts';
import { floatData } from '../onnx/tensor.ts';

/** The largest number of half precision. */
const largest = 65_504;

/**
 * A float network in half precision, for accelerators: weights and everything computed of them take 16 bits. The image
 * stays uint8, and the outputs stay float: the last Softmax is computed in float, since small probabilities vanish in
 * half precision. LRN stays the runtime's own operator, which sums its squares in float.
 *
 * @throws {UserError} naming a weight beyond the range of half precision, or a node with a graph of its own
 */
export function halfPrecision(graph: Graph): Graph {
  const nested = graph.nodes.find(holdsGraph);
  if (nested)
    throw new UserError(`${describeNode(nested)} cannot be put in half precision: it holds a graph of its own`);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const nodes: NodeProto[] = [];
  for (const node of graph.nodes.map(halved)) {
    const [output = ''] = node.output;
    if (isOperator(node, 'Softmax') && outputs.has(output)) nodes.push(...softmaxInFloat(node, graph));
    else nodes.push(node);
  }
  return {
    ...castOutputs({ ...graph, nodes }, outputs),
    initializers: new Map(Array.from(graph.initializers, ([name, tensor]) => [name, halfTensor(tensor)])),
    valueInfo: [],
  };
}

function halved(node: NodeProto): NodeProto {
  if (isOperator(node, 'Cast') && getInt(node, 'to', 0) === elementType.float) {
    return { ...node, attribute: [intAttribute('to', elementType.float16)] };
  }
  const value = isOperator(node, 'Constant') ? getTensor(node, 'value') : undefined;
  if (value === undefined) return node;
  return { ...node, attribute: [tensorAttribute('value', halfTensor(value))] };
}

function halfTensor(tensor: TensorProto): TensorProto {
  if (tensor.dataType !== elementType.float) return tensor;
  const floats = floatData(tensor);
  const beyond = floats.find((value) => !(Math.abs(value) <= largest));
  if (beyond !== undefined) {
    throw new UserError(`the weights ${tensor.name} cannot be put in half precision: ${beyond} is beyond ${largest}`);
  }
  const halves = new Float16Array(floats);
  return create(TensorProtoSchema, {
    name: tensor.name,
    dims: tensor.dims,
    dataType: elementType.float16,
    rawData: new Uint8Array(halves.buffer),
  });
}

function softmaxInFloat(node: NodeProto, graph: Graph): NodeProto[] {
  const [logits = ''] = node.input;
  const floats = freshName(graph, `${logits}_float`);
  return [castTo(elementType.float, logits, floats), { ...node, input: [floats] }];
}

/** Gives every output that is not yet float its name and type back. */
function castOutputs(graph: Graph, outputs: ReadonlySet<string>): Graph {
  const inHalf = [...outputs].filter(
    (name) => !graph.nodes.some((node) => isOperator(node, 'Softmax') && node.output[0] === name),
  );
  const renamed = new Map(inHalf.map((name) => [name, freshName(graph, `${name}_half`)]));
  const rename = (name: string) => renamed.get(name) ?? name;
  const nodes = graph.nodes.map((node) => ({
    ...node,
    input: node.input.map(rename),
    output: node.output.map(rename),
  }));
  const casts = Array.from(renamed, ([name, half]) => castTo(elementType.float, half, name));
  return { ...graph, nodes: [...nodes, ...casts] };
}

function castTo(type: number, from: string, to: string): NodeProto {
  return makeNode('Cast', [from], [to], { attributes: [intAttribute('to', type)] });
}
