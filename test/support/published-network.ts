import { intAttribute } from '../../model/graph/attribute.ts';
import type { Graph } from '../../model/graph/graph.ts';
import { isOperator, makeNode } from '../../model/graph/node.ts';
import { makeValue } from '../../model/graph/value.ts';
import type { NodeProto } from '../../model/onnx/onnx_pb.ts';
import { makeTensor, tensorShape } from '../../model/onnx/tensor.ts';
import { tinyEmbeddingSize, tinyNetwork } from './tiny-model.ts';

export interface PublishedOptions {
  readonly labels?: number;
  /** Height and width of the input, pixels. */
  readonly size?: number;
}

/**
 * The tiny network in the form of the model zoo's GoogLeNet: a fixed batch of 1, weights as inputs, Dropout with a mask,
 * a Reshape to [1, features], no embedding output, IR version 3.
 */
export function publishedNetwork({ labels = 4, size = 224 }: PublishedOptions = {}): Graph {
  const tiny = tinyNetwork(labels, size);
  const target = makeTensor('target_shape', [2], BigInt64Array.of(1n, BigInt(tinyEmbeddingSize)));
  const spare = makeTensor('spare', [2], Float32Array.of(1, 2));
  const initializers = new Map([...tiny.initializers, [target.name, target], [spare.name, spare]]);
  return {
    ...tiny,
    irVersion: 3,
    opset: 9,
    inputs: [
      makeValue('data_0', 'float', [1, 3, size, size]),
      ...Array.from(initializers.values(), (tensor) =>
        makeValue(tensor.name, tensor === target ? 'int64' : 'float', tensorShape(tensor)),
      ),
    ],
    outputs: [makeValue('prob_1', 'float', [1, labels])],
    nodes: tiny.nodes.flatMap(publish),
    initializers,
    valueInfo: [makeValue('features', 'float', [1, tinyEmbeddingSize])],
  };
}

function publish(node: NodeProto): NodeProto[] {
  if (isOperator(node, 'Flatten')) {
    return [
      makeNode('Dropout', ['pool'], ['kept', 'kept_mask']),
      makeNode('Reshape', ['kept', 'target_shape'], ['features'], { name: 'flatten' }),
    ];
  }
  if (isOperator(node, 'Softmax')) {
    return [makeNode('Softmax', ['logits'], ['prob_1'], { attributes: [intAttribute('axis', 1)] })];
  }
  const renamed = new Map([
    ['data', 'data_0'],
    ['embedding', 'features'],
  ]);
  return [{ ...node, input: node.input.map((name) => renamed.get(name) ?? name) }];
}

/** Replaces all nodes of one operator. */
export function withNodes(graph: Graph, opType: string, replace: (node: NodeProto) => readonly NodeProto[]): Graph {
  return { ...graph, nodes: graph.nodes.flatMap((node) => (isOperator(node, opType) ? replace(node) : [node])) };
}
