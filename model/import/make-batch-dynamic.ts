import { UserError } from '../../shared/user-error.ts';
import { intAttribute } from '../graph/attribute.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { describeNode, isOperator, makeNode } from '../graph/node.ts';
import { makeValue, tensorType } from '../graph/value.ts';
import { elementTypeName } from '../onnx/element-type.ts';
import type { NodeProto, ValueInfoProto } from '../onnx/onnx_pb.ts';
import { integerData } from '../onnx/tensor.ts';
import { keepsBatch } from './keeps-batch.ts';

/** Name of the free first axis of every input and output after this pass. */
export const batchAxis = 'N';

/**
 * Frees a batch that is fixed at 1: the first axis of inputs and outputs becomes `N`, and a Reshape to [1, n] becomes
 * a Flatten, which is the same at batch 1. Legal only if
 * 1. the first axis of each input is 1 or free,
 * 2. every node that the images reach is known to work image by image along the first axis (`keepsBatch`), and
 * 3. each Reshape that the images reach goes to a constant shape, [1, n] or one that does not fix its first axis.
 * Types of values in between are dropped: they state the old batch.
 * @throws {UserError} naming the node or input that makes it illegal.
 */
export function makeBatchDynamic(graph: Graph): PassResult {
  const images = new Set(graph.inputs.map(({ name }) => name));
  for (const input of graph.inputs) checkBatchOfOne(input);
  const nodes = graph.nodes.map((node) => {
    if (!node.input.some((name) => images.has(name))) return node;
    for (const name of node.output) images.add(name);
    if (isOperator(node, 'Reshape')) return reshapePerImage(graph, node);
    if (!keepsBatch(node, graph, images)) {
      throw new UserError(`the batch cannot be freed: ${describeNode(node)} is not known to work image by image`);
    }
    return node;
  });
  const stray = graph.outputs.find(({ name }) => !images.has(name));
  if (stray !== undefined) throw new UserError(`the output ${stray.name} does not depend on the input`);
  return {
    graph: {
      ...graph,
      nodes,
      inputs: graph.inputs.map(freeBatch),
      outputs: graph.outputs.map(freeBatch),
      valueInfo: [],
    },
    modified: true,
  };
}

function checkBatchOfOne(input: ValueInfoProto): void {
  const batch = tensorType(input).shape?.[0];
  if (typeof batch === 'number' && batch !== 1) {
    throw new UserError(`expected the input ${input.name} to have a batch of 1 or a free one, got ${batch}`);
  }
}

function reshapePerImage(graph: Graph, node: NodeProto): NodeProto {
  const [data = '', shapeName = ''] = node.input;
  const tensor = graph.initializers.get(shapeName);
  if (tensor === undefined) {
    throw new UserError(`the batch cannot be freed: ${describeNode(node)} goes to a shape that is computed`);
  }
  const shape = integerData(tensor);
  const [first] = shape;
  // 0 copies the first axis, −1 follows from the rest: neither fixes the batch.
  if (first === 0 || first === -1) return node;
  if (first !== 1 || shape.length !== 2) {
    throw new UserError(
      `the batch cannot be freed: expected ${describeNode(node)} to go to [1, n], got [${shape.join(', ')}]`,
    );
  }
  return makeNode('Flatten', [data], node.output, { name: node.name, attributes: [intAttribute('axis', 1)] });
}

function freeBatch(value: ValueInfoProto): ValueInfoProto {
  const { elements, shape } = tensorType(value);
  if (shape === undefined || shape.length === 0) {
    throw new UserError(`expected ${value.name} to state its shape, with the batch first`);
  }
  const name = elementTypeName(elements);
  if (name !== 'float') throw new UserError(`expected ${value.name} to be float, got ${name}`);
  return makeValue(value.name, name, [batchAxis, ...shape.slice(1)]);
}
