import { UserError } from '../../../shared/failures/user-error.ts';
import { intAttribute } from '../../graph/attribute.ts';
import type { Graph } from '../../graph/graph.ts';
import { freshName } from '../../graph/names.ts';
import { describeNode, makeNode } from '../../graph/node.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import { integerData, makeTensor } from '../../onnx/tensor.ts';
import type { ValueTypes } from '../../passes/value-types.ts';
import type { PerImage } from './actual-shape.ts';

/**
 * A Reshape that takes any number of images. Elements stay in order, so that an image keeps its own if every image has
 * as many rows as the others: one, or several, such as the windows of a Swin transformer. Legal only if
 * 1. the shape is a constant, and
 * 2. the first axis of the result is the batch or a multiple of it.
 * @param types of the values at the published batch
 * @param batch the published batch
 * @throws {UserError} with the node, if it is illegal
 */
export function reshapePerImage(
  graph: Graph,
  node: NodeProto,
  { types, batch }: { readonly types: ValueTypes; readonly batch: number },
): PerImage {
  const [data = '', shapeName = ''] = node.input;
  const [output = ''] = node.output;
  const tensor = graph.initializers.get(shapeName);
  if (tensor === undefined) {
    throw new UserError(
      `the batch cannot be made dynamic: the shape of ${describeNode(node)} is computed; export the model with a fixed batch of 1`,
    );
  }
  const shape = integerData(tensor);
  const [first] = shape;
  const sizes = types.get(output)?.shape ?? [batch];
  const [rows = batch, ...further] = sizes;
  if ((first !== 0 && first !== rows && first !== -1) || rows % batch !== 0) {
    throw new UserError(
      `the batch cannot be made dynamic: ${describeNode(node)} has the shape [${shape.join(', ')}]; ` +
        'export the model with a shape that starts with the batch',
    );
  }
  // 0 copies the first axis, and −1 is inferred from the others: neither fixes the batch.
  if (first !== rows) return { nodes: [node], tensors: [] };
  const keepsRows = rows === batch && (types.get(data)?.shape[0] ?? batch) === batch;
  if (keepsRows && shape.length === 2) {
    const attributes = [intAttribute('axis', 1)];
    return { nodes: [makeNode('Flatten', [data], node.output, { name: node.name, attributes })], tensors: [] };
  }
  const name = freshName(graph, `${shapeName}_per_image`);
  const perImage = keepsRows ? [0, ...shape.slice(1)] : [-1, ...further];
  const target = makeTensor(name, [shape.length], BigInt64Array.from(perImage, BigInt));
  return { nodes: [makeNode('Reshape', [data, name], node.output, { name: node.name })], tensors: [target] };
}
