import { UserError } from '../../shared/failures/user-error.ts';
import { getInt } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { linksOf } from '../graph/links.ts';
import { describeNode, isOperator } from '../graph/node.ts';
import { elementType, elementTypeName } from '../onnx/element-type.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';

/**
 * The graph with the weights of another file of the same network. Layers (Conv, BatchNormalization, Gemm) are matched
 * by their order in the two graphs, counting those that lead to the first output, so names do not matter; each layer's
 * weights must have the same shapes. Other layers, the auxiliary classifiers, keep what they have.
 *
 * Order and shapes do not prove that the two compute the same: compare their outputs.
 * @param published its weights are initializers
 * @throws {UserError} naming the layer that does not fit, with both shapes.
 */
export function copyWeights(graph: Graph, published: Graph): Graph {
  const layers = layersOf(graph);
  const sources = layersOf(published);
  const initializers = new Map(graph.initializers);
  for (const [index, layer] of layers.entries()) {
    const source = sources[index];
    if (source === undefined) {
      throw new UserError(
        `expected ${layers.length} layers with weights, got ${sources.length}: none for ${layer.name}`,
      );
    }
    for (const [own, tensor] of pairWeights(graph, layer, published, source)) {
      initializers.set(own, { ...tensor, name: own });
    }
  }
  const extra = sources[layers.length];
  if (extra !== undefined) {
    const found = `got ${sources.length}, the first too many the ${describeNode(extra)}`;
    throw new UserError(`expected ${layers.length} layers with weights, ${found}`);
  }
  return { ...graph, initializers };
}

function layersOf(graph: Graph): NodeProto[] {
  const { producer } = linksOf(graph);
  const leading = new Set<NodeProto>();
  const pending = graph.outputs.slice(0, 1).map(({ name }) => name);
  for (const value of pending) {
    const node = producer(value);
    if (node === undefined || leading.has(node)) continue;
    leading.add(node);
    pending.push(...node.input);
  }
  return graph.nodes.filter((node) => leading.has(node) && isOperator(node, 'Conv', 'BatchNormalization', 'Gemm'));
}

/** Name of each of the layer's own weights, with the tensor to put there. */
function pairWeights(graph: Graph, layer: NodeProto, published: Graph, source: NodeProto): [string, TensorProto][] {
  const misfit = (expected: string, got: string) =>
    new UserError(`layer ${layer.name}: expected ${expected}, got ${got} at the ${describeNode(source)}`);
  if (layer.opType !== source.opType) throw misfit(layer.opType, source.opType);
  if (getInt(layer, 'transB', 0) !== getInt(source, 'transB', 0)) throw misfit('transposed weights', 'others');
  const names = layer.input.slice(1);
  const given = source.input.slice(1).filter((name) => name !== '');
  const tensors = given.map((name) => {
    const tensor = published.initializers.get(name);
    if (tensor === undefined) throw misfit('constant weights', `${name}, which is computed,`);
    if (tensor.dataType !== elementType.float) throw misfit('float weights', elementTypeName(tensor.dataType));
    return tensor;
  });
  const expected = shapes(names.map((name) => graph.initializers.get(name)));
  const found = shapes(tensors);
  if (found !== expected) throw misfit(`weights ${expected}`, found);
  return tensors.map((tensor, index) => [names[index] ?? '', tensor]);
}

function shapes(tensors: readonly (TensorProto | undefined)[]): string {
  return tensors.map((tensor) => `[${tensor?.dims.join(', ')}]`).join(' and ');
}
