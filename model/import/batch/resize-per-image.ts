import { UserError } from '../../../shared/failures/user-error.ts';
import { getFloats, getInts } from '../../graph/attribute.ts';
import type { Graph } from '../../graph/graph.ts';
import { describeNode, isOperator } from '../../graph/node.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import { tensorData } from '../../onnx/tensor.ts';
import { constantIntegers } from '../../passes/constant-integers.ts';
import type { ShapeVectors } from '../../passes/shape-vectors.ts';
import type { ValueTypes } from '../../passes/value-types.ts';
import { actualShape, type PerImage } from './actual-shape.ts';

/**
 * A Resize or Upsample that takes any number of images. Legal only if
 * 1. it lists the axes that it resizes, without the first, and their sizes do not depend on the batch,
 * 2. or its scales start with 1,
 * 3. or its sizes start with the batch: computed ones stay, and of constant ones the first is replaced by the actual
 *    batch. Sizes are those of one row per image.
 * @param types of the values at the published batch
 * @param batch the published batch
 * @throws {UserError} with the node, if none of these holds
 */
export function resizePerImage(
  graph: Graph,
  node: NodeProto,
  { shapes, types, batch }: { readonly shapes: ShapeVectors; readonly types: ValueTypes; readonly batch: number },
): PerImage {
  const rows = types.get(node.input[0] ?? '')?.shape[0] ?? batch;
  const unchanged = { nodes: [node], tensors: [] };
  const sizesName = isOperator(node, 'Resize') ? (node.input[3] ?? '') : '';
  const axes = getInts(node, 'axes');
  const computed = shapes.get(sizesName);
  const sizes = constantIntegers(graph, sizesName);
  if (axes !== undefined) {
    if (axes.every((axis) => axis > 0) && !computed?.includes('batch')) return unchanged;
  } else if (sizesName === '') {
    if (scalesOf(graph, node, shapes)?.[0] === 1) return unchanged;
  } else if (rows === batch) {
    if (computed?.[0] === 'batch' && !computed.slice(1).includes('batch')) return unchanged;
    if (sizes?.[0] === batch) return withActualBatch(graph, node, sizes.slice(1));
  }
  throw new UserError(
    `the batch cannot be made dynamic: ${describeNode(node)} may resize across the images of a batch`,
  );
}

/** The scales as numbers; those that a network computes count only if they do not depend on the batch. */
function scalesOf(graph: Graph, node: NodeProto, shapes: ShapeVectors): readonly number[] | undefined {
  const [, second = '', third = ''] = node.input;
  const name = isOperator(node, 'Upsample') || graph.opset < 11 ? second : third;
  // Upsample has an attribute before operator set 9.
  if (name === '') return getFloats(node, 'scales');
  const tensor = graph.initializers.get(name);
  if (tensor !== undefined) return Array.from<number | bigint, number>(tensorData(tensor), Number);
  const computed = shapes.get(name);
  return computed?.every((axis) => axis !== 'batch') ? computed : undefined;
}

function withActualBatch(graph: Graph, node: NodeProto, rest: readonly number[]): PerImage {
  const [image = '', roi = ''] = node.input;
  const { shape, nodes, tensors } = actualShape(graph, { image, rest, base: node.output[0] ?? 'resized' });
  return { nodes: [...nodes, { ...node, input: [image, roi, '', shape] }], tensors };
}
