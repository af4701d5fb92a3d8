import { UserError } from '../../../shared/failures/user-error.ts';
import { intAttribute } from '../../graph/attribute.ts';
import type { Graph, PassResult } from '../../graph/graph.ts';
import { freshName } from '../../graph/names.ts';
import { describeNode, isOperator, makeNode } from '../../graph/node.ts';
import { makeValue, tensorType } from '../../graph/value.ts';
import { elementTypeName } from '../../onnx/element-type.ts';
import type { NodeProto, TensorProto, ValueInfoProto } from '../../onnx/onnx_pb.ts';
import { integerData, makeTensor } from '../../onnx/tensor.ts';
import type { ValueTypes } from '../../passes/value-types.ts';
import { preservesBatch } from './preserves-batch.ts';

/** Name of the dynamic first axis of every input and output after this pass. */
export const batchAxis = 'N';

/**
 * Makes a batch that is fixed at 1 dynamic: the first axis of inputs and outputs becomes `N`, a Reshape to [1, n] becomes
 * a Flatten, and a Reshape to [1, ...] copies its first axis. Outputs at a batch of 1 do not change. Legal only if
 * 1. the first axis of each input is 1 or dynamic,
 * 2. every node that depends on the images is known to process them independently (`preservesBatch`), and
 * 3. each Reshape of them has a constant shape that starts with 1, or that does not fix its first axis and has one row
 *    per image.
 * Types of intermediate values are dropped, since they state the old batch.
 * @param types of the values at a batch of 1; other dynamic axes are fixed to these sizes
 * @throws {UserError} with the node or input that makes it illegal
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
      throw new UserError(`the batch cannot be made dynamic: ${describeNode(node)} may mix the images of a batch`);
    }
    return node;
  });
  const constant = graph.outputs.find(({ name }) => !images.has(name));
  if (constant !== undefined) throw new UserError(`the output ${constant.name} does not depend on the input`);
  return {
    graph: {
      ...graph,
      nodes,
      initializers,
      inputs: graph.inputs.map((value) => withDynamicBatch(value, types)),
      outputs: graph.outputs.map((value) => withDynamicBatch(value, types)),
      valueInfo: [],
    },
    modified: true,
  };
}

function checkBatchOfOne(input: ValueInfoProto): void {
  const batch = tensorType(input).shape?.[0];
  if (typeof batch === 'number' && batch !== 1) {
    throw new UserError(
      `the input ${input.name} has a batch of ${batch}: export the model with a batch of 1 or a dynamic batch`,
    );
  }
}

interface PerImage {
  readonly reshaped: NodeProto;
  /** Its new shape, if that changed. */
  readonly target?: TensorProto;
}

function reshapePerImage(graph: Graph, node: NodeProto, types: ValueTypes): PerImage {
  const [data = '', shapeName = ''] = node.input;
  const tensor = graph.initializers.get(shapeName);
  if (tensor === undefined) {
    throw new UserError(`the batch cannot be made dynamic: the shape of ${describeNode(node)} is computed`);
  }
  const shape = integerData(tensor);
  const [first, ...further] = shape;
  const rows = types.get(node.output[0] ?? '')?.shape[0] ?? 1;
  if ((first !== 0 && first !== 1 && first !== -1) || rows !== 1) {
    throw new UserError(
      `the batch cannot be made dynamic: ${describeNode(node)} has the shape [${shape.join(', ')}]; ` +
        'export the model with a shape that starts with the batch, of 1 or dynamic',
    );
  }
  // 0 copies the first axis, and −1 is inferred from the others: neither fixes the batch.
  if (first !== 1) return { reshaped: node };
  if (shape.length === 2) {
    const attributes = [intAttribute('axis', 1)];
    return { reshaped: makeNode('Flatten', [data], node.output, { name: node.name, attributes }) };
  }
  const name = freshName(graph, `${shapeName}_per_image`);
  const target = makeTensor(name, [shape.length], BigInt64Array.from([0, ...further], BigInt));
  return { reshaped: makeNode('Reshape', [data, name], node.output, { name: node.name }), target };
}

function withDynamicBatch(value: ValueInfoProto, types: ValueTypes): ValueInfoProto {
  const { dataType, shape: stated } = tensorType(value);
  const shape = types.get(value.name)?.shape ?? stated;
  if (shape === undefined || shape.length === 0) {
    throw new UserError(`${value.name} does not state its shape: export the model with its shapes, the batch first`);
  }
  const name = elementTypeName(dataType);
  if (name !== 'float') throw new UserError(`${value.name} is ${name}: export the model with float inputs and outputs`);
  return makeValue(value.name, name, [batchAxis, ...shape.slice(1)]);
}
