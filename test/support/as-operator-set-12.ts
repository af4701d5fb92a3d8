import { equals } from '@bufbuild/protobuf';
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../../model/graph/attribute.ts';
import type { Graph } from '../../model/graph/graph.ts';
import { isOperator, makeNode } from '../../model/graph/node.ts';
import { type AttributeProto, AttributeProtoSchema, type NodeProto } from '../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../model/onnx/tensor.ts';

/** The defaults of operator set 12, which other writers leave out. */
export const operatorSet12Defaults: Readonly<Record<string, readonly AttributeProto[]>> = {
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
  Gemm: [floatAttribute('alpha', 1), floatAttribute('beta', 1), intAttribute('transA', 0), intAttribute('transB', 0)],
  LRN: [floatAttribute('alpha', Math.fround(0.0001)), floatAttribute('beta', 0.75), floatAttribute('bias', 1)],
  MaxPool: [
    stringAttribute('auto_pad', 'NOTSET'),
    intAttribute('ceil_mode', 0),
    intsAttribute('dilations', [1, 1]),
    intsAttribute('pads', [0, 0, 0, 0]),
    intAttribute('storage_order', 0),
    intsAttribute('strides', [1, 1]),
  ],
  Softmax: [intAttribute('axis', 1)],
};

/**
 * A network of operator set 9 as one of operator set 12 that computes the same: ratio and training mode of Dropout are inputs,
 * weights are no inputs, and defaults are written out by every other node and left out by the others.
 * @param first whether the first node, the third, … write defaults out
 */
export function asOperatorSet12(graph: Graph, first = true): Graph {
  const initializers = new Map(graph.initializers);
  const ratio = makeTensor('dropout_ratio', [], Float32Array.of(0.4));
  initializers.set(ratio.name, ratio);
  return {
    ...graph,
    irVersion: 7,
    opset: 12,
    inputs: graph.inputs.filter(({ name }) => !initializers.has(name)),
    initializers,
    nodes: graph.nodes.map((node, index) => rewrite(node, (index % 2 === 0) === first)),
  };
}

function rewrite(node: NodeProto, writesDefaults: boolean): NodeProto {
  if (isOperator(node, 'Dropout')) return makeNode('Dropout', [node.input[0] ?? '', 'dropout_ratio'], node.output);
  const ofOperator = operatorSet12Defaults[node.opType] ?? [];
  if (!writesDefaults) return { ...node, attribute: node.attribute.filter((each) => !canBeLeftOut(node, each)) };
  const names = new Set(node.attribute.map(({ name }) => name));
  return { ...node, attribute: [...node.attribute, ...ofOperator.filter(({ name }) => !names.has(name))] };
}

function canBeLeftOut(node: NodeProto, attribute: AttributeProto): boolean {
  // The weights have it too.
  if (isOperator(node, 'Conv') && attribute.name === 'kernel_shape') return true;
  return (operatorSet12Defaults[node.opType] ?? []).some((each) => equals(AttributeProtoSchema, each, attribute));
}
