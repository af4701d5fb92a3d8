import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../../model/graph/attribute.ts';
import type { Graph } from '../../model/graph/graph.ts';
import { isOperator, makeNode } from '../../model/graph/node.ts';
import type { AttributeProto, NodeProto } from '../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../model/onnx/tensor.ts';

/** The defaults of operator set 12, which other writers leave out. */
const defaults: Readonly<Record<string, readonly AttributeProto[]>> = {
  AveragePool: [
    stringAttribute('auto_pad', 'NOTSET'),
    intAttribute('ceil_mode', 0),
    intAttribute('count_include_pad', 0),
    intsAttribute('pads', [0, 0, 0, 0]),
    intsAttribute('strides', [1, 1]),
  ],
  Conv: [
    stringAttribute('auto_pad', 'NOTSET'),
    intsAttribute('dilations', [1, 1]),
    intAttribute('group', 1),
    intsAttribute('pads', [0, 0, 0, 0]),
    intsAttribute('strides', [1, 1]),
  ],
  Gemm: [floatAttribute('alpha', 1), floatAttribute('beta', 1), intAttribute('transA', 0)],
  LRN: [floatAttribute('alpha', 0.0001), floatAttribute('beta', 0.75), floatAttribute('bias', 1)],
  MaxPool: [
    stringAttribute('auto_pad', 'NOTSET'),
    intAttribute('ceil_mode', 0),
    intsAttribute('dilations', [1, 1]),
    intAttribute('storage_order', 0),
    intsAttribute('strides', [1, 1]),
  ],
  Softmax: [intAttribute('axis', 1)],
};

/**
 * A network of operator set 9 as one of operator set 12 that computes the same: every default is written out, pads of
 * zero and strides of one are left out elsewhere, ratio and training mode of Dropout are inputs, weights are no inputs,
 * and the shape of a Reshape is a Constant.
 */
export function asOperatorSet12(graph: Graph): Graph {
  const initializers = new Map(graph.initializers);
  const ratio = makeTensor('dropout_ratio', [], Float32Array.of(0.4));
  initializers.set(ratio.name, ratio);
  return {
    ...graph,
    irVersion: 7,
    opset: 12,
    inputs: graph.inputs.filter(({ name }) => !initializers.has(name)),
    initializers,
    nodes: graph.nodes.map(rewrite),
  };
}

function rewrite(node: NodeProto, index: number): NodeProto {
  if (isOperator(node, 'Dropout')) return makeNode('Dropout', [node.input[0] ?? '', 'dropout_ratio'], node.output);
  // Every other convolution leaves out what the network writes out.
  const written = index % 2 === 0 ? (defaults[node.opType] ?? []) : [];
  const kept = index % 2 === 0 ? node.attribute : node.attribute.filter((each) => !isDefault(node, each));
  const names = new Set(kept.map(({ name }) => name));
  return { ...node, attribute: [...kept, ...written.filter(({ name }) => !names.has(name))] };
}

function isDefault(node: NodeProto, { name, ints }: AttributeProto): boolean {
  if (isOperator(node, 'Conv') && name === 'kernel_shape') return true;
  if (!isOperator(node, 'Conv', 'AveragePool', 'MaxPool')) return false;
  return (
    (name === 'pads' && ints.every((each) => each === 0n)) || (name === 'strides' && ints.every((each) => each === 1n))
  );
}
