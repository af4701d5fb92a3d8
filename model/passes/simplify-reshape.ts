import { getInt, intAttribute } from '../graph/attribute.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { freshName } from '../graph/names.ts';
import { isOperator, makeNode } from '../graph/node.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { makeTensor } from '../onnx/tensor.ts';
import { type Axis, imageValues, traceShapeVectors } from './shape-vectors.ts';
import type { ValueTypes } from './value-types.ts';

/**
 * Gives a Reshape whose shape is computed from the batch, as `x.view(x.size(0), -1)` and the flattening of a free batch
 * are exported, a constant shape instead, or makes it a Flatten. Legal only if
 * 1. the computed shape can be followed to numbers that no batch changes, and the number of images, which stands first
 *    or nowhere,
 * 2. the images are along the first axis of what is reshaped, so that a 0, which copies it, means their number, and
 * 3. a 0 in the shape copies an axis (no `allowzero`), or there is none but the batch.
 * That images are along the first axis of every value that depends on them is taken for granted here: `makeBatchDynamic`
 * proves it. What computed the shape stays: remove unused nodes afterwards.
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
