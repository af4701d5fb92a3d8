import { getInt, intAttribute } from '../graph/attribute.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { freshName } from '../graph/names.ts';
import { isOperator, makeNode } from '../graph/node.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { makeTensor } from '../onnx/tensor.ts';
import { type Axis, imageValues, traceShapeVectors } from './shape-vectors.ts';
import type { ValueTypes } from './value-types.ts';

/**
 * Replaces a Reshape to a shape computed from the batch size by a Flatten, or by a Reshape to a constant shape. Exports
 * of `x.view(x.size(0), -1)` and of other flattening with a dynamic batch contain such nodes. Legal only if
 * 1. the shape evaluates to constants and the batch size, which is first or absent,
 * 2. the first axis of the reshaped value is the batch, so that a 0, which copies an axis, means the batch size, and
 * 3. a 0 in the shape copies an axis (no `allowzero`), or only the batch is a 0.
 * That the batch is the first axis of every value that depends on the images is assumed here and proved by
 * `makeBatchDynamic`. The nodes that compute the shape stay: remove unused nodes afterwards.
 * @param types of the values at a batch of 1
 */
export function simplifyReshape(graph: Graph, types: ValueTypes): PassResult {
  const images = imageValues(graph);
  const vectors = traceShapeVectors(graph, types, images);
  const initializers = new Map(graph.initializers);
  const nodes = graph.nodes.map((node) => {
    const [data = '', shapeName = ''] = node.input;
    const shape = vectors.get(shapeName);
    if (!isOperator(node, 'Reshape') || shape === undefined || !images.has(data)) return node;
    if (!isLegal(node, shape)) return node;
    const [first] = shape;
    if (first === 'batch' && types.get(node.output[0] ?? '')?.shape.length === 2) return flatten(node, data);
    const target = shapeTensor(freshName({ ...graph, initializers }, `${shapeName}_constant`), shape);
    initializers.set(target.name, target);
    return makeNode('Reshape', [data, target.name], node.output, { name: node.name });
  });
  const modified = nodes.some((node, index) => node !== graph.nodes[index]);
  return modified ? { graph: { ...graph, nodes, initializers }, modified } : { graph, modified };
}

function isLegal(node: NodeProto, shape: readonly Axis[]): boolean {
  const further = shape.slice(1);
  if (further.includes('batch')) return false;
  return getInt(node, 'allowzero', 0) === 0 || !shape.includes(0);
}

function flatten(node: NodeProto, data: string): NodeProto {
  return makeNode('Flatten', [data], node.output, { name: node.name, attributes: [intAttribute('axis', 1)] });
}

function shapeTensor(name: string, shape: readonly Axis[]): TensorProto {
  const sizes = BigInt64Array.from(shape, (axis) => (axis === 'batch' ? 0n : BigInt(axis)));
  return makeTensor(name, [shape.length], sizes);
}
