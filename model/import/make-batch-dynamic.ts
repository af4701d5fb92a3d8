import { UserError } from '../../shared/failures/user-error.ts';
import { intAttribute } from '../graph/attribute.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { freshName } from '../graph/names.ts';
import { describeNode, isOperator, makeNode } from '../graph/node.ts';
import { makeValue, tensorType } from '../graph/value.ts';
import { elementTypeName } from '../onnx/element-type.ts';
import type { NodeProto, TensorProto, ValueInfoProto } from '../onnx/onnx_pb.ts';
import { integerData, makeTensor } from '../onnx/tensor.ts';
import type { ValueTypes } from '../passes/value-types.ts';
import { preservesBatch } from './preserves-batch.ts';

/** Name of the free first axis of every input and output after this pass. */
export const batchAxis = 'N';

/**
 * Frees a batch that is fixed at 1: the first axis of inputs and outputs becomes `N`, a Reshape to [1, n] becomes a
 * Flatten, and one to [1, ...] copies its first axis instead: the same at batch 1. Legal only if
 * 1. the first axis of each input is 1 or free,
 * 2. every node that the images reach is known to work image by image along the first axis (`preservesBatch`), and
 * 3. each Reshape that the images reach goes to a constant shape which begins with 1, or does not fix its first axis and
 *    gives one row per image.
 * Types of values in between are dropped: they state the old batch.
 * @param types of the values at a batch of 1; free axes other than the batch become what they are there
 * @throws {UserError} naming the node or input that makes it illegal.
 */
export function makeBatchDynamic(graph: Graph, types: ValueTypes = new Map()): PassResult {
  const images = new Set(graph.inputs.map(({ name }) => name));
  for (const input of graph.inputs) checkBatchOfOne(input);
  const initializers = new Map(graph.initializers);
  const nodes = graph.nodes.map((node) => {
    if (!node.input.some((name) => images.has(name))) return node;
    for (const name of node.output) images.add(name);
    if (isOperator(node, 'Reshape')) {
      const { reshaped, target } = reshapePerImage({ ...graph, initializers }, node, types);
      if (target !== undefined) initializers.set(target.name, target);
      return reshaped;
    }
    if (!preservesBatch(node, graph, images, types)) {
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
      initializers,
      inputs: graph.inputs.map((value) => freeBatch(value, types)),
      outputs: graph.outputs.map((value) => freeBatch(value, types)),
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

interface PerImage {
  readonly reshaped: NodeProto;
  /** The shape that it goes to, where that is a new one. */
  readonly target?: TensorProto;
}

function reshapePerImage(graph: Graph, node: NodeProto, types: ValueTypes): PerImage {
  const [data = '', shapeName = ''] = node.input;
  const tensor = graph.initializers.get(shapeName);
  if (tensor === undefined) {
    throw new UserError(`the batch cannot be freed: ${describeNode(node)} goes to a shape that is computed`);
  }
  const shape = integerData(tensor);
  const [first, ...further] = shape;
  const rows = types.get(node.output[0] ?? '')?.shape[0] ?? 1;
  if ((first !== 0 && first !== 1 && first !== -1) || rows !== 1) {
    throw new UserError(
      `the batch cannot be freed: expected ${describeNode(node)} to go to [1, ...], got [${shape.join(', ')}]`,
    );
  }
  // 0 copies the first axis, −1 follows from the rest: neither fixes the batch.
  if (first !== 1) return { reshaped: node };
  if (shape.length === 2) {
    const attributes = [intAttribute('axis', 1)];
    return { reshaped: makeNode('Flatten', [data], node.output, { name: node.name, attributes }) };
  }
  const name = freshName(graph, `${shapeName}_per_image`);
  const target = makeTensor(name, [shape.length], BigInt64Array.from([0, ...further], BigInt));
  return { reshaped: makeNode('Reshape', [data, name], node.output, { name: node.name }), target };
}

function freeBatch(value: ValueInfoProto, types: ValueTypes): ValueInfoProto {
  const { dataType, shape: stated } = tensorType(value);
  const shape = types.get(value.name)?.shape ?? stated;
  if (shape === undefined || shape.length === 0) {
    throw new UserError(`expected ${value.name} to state its shape, with the batch first`);
  }
  const name = elementTypeName(dataType);
  if (name !== 'float') throw new UserError(`expected ${value.name} to be float, got ${name}`);
  return makeValue(value.name, name, [batchAxis, ...shape.slice(1)]);
}
