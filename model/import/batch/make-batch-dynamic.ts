import { UserError } from '../../../shared/failures/user-error.ts';
import { getInts } from '../../graph/attribute.ts';
import type { Graph, PassResult } from '../../graph/graph.ts';
import { describeNode, isOperator } from '../../graph/node.ts';
import { makeValue, tensorType } from '../../graph/value.ts';
import { elementTypeName } from '../../onnx/element-type.ts';
import type { NodeProto, ValueInfoProto } from '../../onnx/onnx_pb.ts';
import { imageValues, type ShapeVectors, traceShapeVectors } from '../../passes/shape-vectors.ts';
import type { ValueTypes } from '../../passes/value-types.ts';
import { concatPerImage } from './concat-per-image.ts';
import { expandPerImage } from './expand-per-image.ts';
import { preservesBatch } from './preserves-batch.ts';
import { reshapePerImage } from './reshape-per-image.ts';
import { resizePerImage } from './resize-per-image.ts';

/** Name of the dynamic first axis of every input and output after this pass. */
export const batchAxis = 'N';

/**
 * Makes a fixed batch dynamic: the first axis of inputs and outputs becomes `N`, a Reshape to [batch, n] becomes a
 * Flatten, and a Reshape to [batch, ...] copies its first axis. Outputs at the published batch do not change. Legal only
 * if
 * 1. every node that depends on the images is known to process them independently (`preservesBatch`, `resizePerImage`,
 *    `expandPerImage`),
 * 2. each Reshape of them has a constant shape with as many rows for each image (`reshapePerImage`), and each input and
 *    output has one row per image, and
 * 3. no other number that the network computes from shapes depends on the batch; an Expand of a constant to the batch,
 *    as for the class token of a transformer, gives every image the same, and so does a constant of one row in a
 *    Concat.
 * Types of intermediate values are dropped, since they state the old batch.
 * @param types of the values at the published batch; other dynamic axes are fixed to these sizes
 * @param batch the published batch; 1 if it is dynamic already
 * @throws {UserError} with the node that makes it illegal
 */
export function makeBatchDynamic(graph: Graph, types: ValueTypes = new Map(), batch = 1): PassResult {
  const images = new Set(imageValues(graph));
  const shapes = traceShapeVectors(graph, types, images);
  const derived = derivedFromInputs(graph);
  const repeated = new Set(graph.nodes.filter((node) => repeatsPerImage(node, shapes, derived)));
  for (const { output } of repeated) for (const name of output) images.add(name);
  /** True for a number computed from shapes that is not known to be the same for every batch. */
  const dependsOnBatch = (name: string) =>
    derived.has(name) && !images.has(name) && (shapes.get(name)?.includes('batch') ?? true);
  const initializers = new Map(graph.initializers);
  const nodes = graph.nodes.flatMap((node) => {
    if (repeated.has(node) || !node.output.some((name) => images.has(name))) return [node];
    const current = { ...graph, initializers };
    const perImage = isOperator(node, 'Reshape')
      ? reshapePerImage(current, node, { types, batch })
      : isOperator(node, 'Resize', 'Upsample')
        ? resizePerImage(current, node, { shapes, types, batch })
        : isOperator(node, 'Concat')
          ? concatPerImage(current, node, images)
          : isOperator(node, 'Expand')
            ? expandPerImage(current, node, { shapes, types, batch })
            : undefined;
    for (const tensor of perImage?.tensors ?? []) initializers.set(tensor.name, tensor);
    if (perImage !== undefined) return perImage.nodes;
    if (node.input.some(dependsOnBatch) || !preservesBatch(node, graph, images, types)) {
      const reason =
        isOperator(node, 'Transpose') && getInts(node, 'perm')?.[0] !== 0
          ? 'moves the batch from the first axis: export the model with the batch first in every value'
          : 'may mix the images of a batch';
      throw new UserError(`the batch cannot be made dynamic: ${describeNode(node)} ${reason}`);
    }
    return [node];
  });
  const constant = graph.outputs.find(({ name }) => !images.has(name));
  if (constant !== undefined) throw new UserError(`the output ${constant.name} does not depend on the input`);
  return {
    graph: {
      ...graph,
      nodes,
      initializers,
      inputs: graph.inputs.map((value) => withDynamicBatch(value, types, batch)),
      outputs: graph.outputs.map((value) => withDynamicBatch(value, types, batch)),
      valueInfo: [],
    },
    modified: true,
  };
}

/** The values that depend on the inputs, on their content or only on their shapes. */
function derivedFromInputs({ inputs, nodes }: Graph): ReadonlySet<string> {
  const derived = new Set(inputs.map(({ name }) => name));
  for (const { input, output } of nodes) {
    if (input.some((name) => derived.has(name))) for (const name of output) derived.add(name);
  }
  return derived;
}

/** True for an Expand of a constant to [batch, ...]. */
function repeatsPerImage(node: NodeProto, shapes: ShapeVectors, derived: ReadonlySet<string>): boolean {
  const [value = '', target = ''] = node.input;
  const [first, ...further] = shapes.get(target) ?? [];
  return isOperator(node, 'Expand') && !derived.has(value) && first === 'batch' && !further.includes('batch');
}

function withDynamicBatch(value: ValueInfoProto, types: ValueTypes, batch: number): ValueInfoProto {
  const { dataType, shape: stated } = tensorType(value);
  const shape = types.get(value.name)?.shape ?? stated;
  if (shape === undefined || shape.length === 0) {
    throw new UserError(`${value.name} does not state its shape: export the model with its shapes, the batch first`);
  }
  const rows = types.get(value.name)?.shape[0];
  if (rows !== undefined && rows !== batch) {
    throw new UserError(
      `${value.name} has ${rows} rows for ${batch} images: export the model with an output of [${batch}, size]`,
    );
  }
  const name = elementTypeName(dataType);
  if (name !== 'float') throw new UserError(`${value.name} is ${name}: export the model with float inputs and outputs`);
  return makeValue(value.name, name, [batchAxis, ...shape.slice(1)]);
}
