import { UserError } from '../../shared/failures/user-error.ts';
import { getInt } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { linksOf } from '../graph/links.ts';
import { describeNode, isOperator } from '../graph/node.ts';
import { elementType, elementTypeName } from '../onnx/element-type.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';

const action = 'give the weights of this network, or its options for them';

/**
 * Replaces the weights of a graph by those of a published file of the same network. Layers (Conv, BatchNormalization,
 * Gemm) that lead to the first output are matched by order, so names do not matter; the shapes must be equal. Other
 * layers, such as auxiliary classifiers, keep their weights.
 *
 * Equal order and shapes do not prove that both networks compute the same function: compare their outputs.
 * @param published a graph whose weights are initializers
 * @throws {UserError} with the layer that does not match, and both shapes
 */
export function copyWeights(graph: Graph, published: Graph): Graph {
  const layers = layersOf(graph);
  const sources = layersOf(published);
  const initializers = new Map(graph.initializers);
  for (const [index, layer] of layers.entries()) {
    const source = sources[index];
    if (source === undefined) {
      throw new UserError(
        `the file has weights for ${sources.length} of ${layers.length} layers; ${layer.name} is missing: ${action}`,
      );
    }
    for (const [name, tensor] of pairWeights(graph, layer, published, source)) {
      initializers.set(name, { ...tensor, name });
    }
  }
  const extra = sources[layers.length];
  if (extra !== undefined) {
    throw new UserError(
      `the file has ${sources.length} layers with weights instead of ${layers.length}; ` +
        `the first extra one is the ${describeNode(extra)}: ${action}`,
    );
  }
  return { ...graph, initializers };
}

function layersOf(graph: Graph): NodeProto[] {
  const { producer } = linksOf(graph);
  const visited = new Set<NodeProto>();
  const pending = graph.outputs.slice(0, 1).map(({ name }) => name);
  for (const value of pending) {
    const node = producer(value);
    if (node === undefined || visited.has(node)) continue;
    visited.add(node);
    pending.push(...node.input);
  }
  return graph.nodes.filter((node) => visited.has(node) && isOperator(node, 'Conv', 'BatchNormalization', 'Gemm'));
}

/** The name of each weight of the layer, with the published tensor for it. */
function pairWeights(graph: Graph, layer: NodeProto, published: Graph, source: NodeProto): [string, TensorProto][] {
  const mismatch = (expected: string, received: string) =>
    new UserError(`layer ${layer.name} needs ${expected}, but the ${describeNode(source)} has ${received}: ${action}`);
  if (layer.opType !== source.opType) throw mismatch(layer.opType, source.opType);
  const [expectedB, receivedB] = [getInt(layer, 'transB', 0), getInt(source, 'transB', 0)];
  if (expectedB !== receivedB) throw mismatch(`transB ${expectedB}`, String(receivedB));
  const names = layer.input.slice(1);
  const sourceNames = source.input.slice(1).filter((name) => name !== '');
  const tensors = sourceNames.map((name) => {
    const tensor = published.initializers.get(name);
    if (tensor === undefined) throw mismatch('constant weights', `the computed value ${name}`);
    if (tensor.dataType !== elementType.float) throw mismatch('float weights', elementTypeName(tensor.dataType));
    return tensor;
  });
  const expected = shapes(names.map((name) => graph.initializers.get(name)));
  const received = shapes(tensors);
  if (received !== expected) throw mismatch(`weights ${expected}`, received);
  return tensors.map((tensor, index) => [names[index] ?? '', tensor]);
}

function shapes(tensors: readonly (TensorProto | undefined)[]): string {
  return tensors.map((tensor) => `[${tensor?.dims.join(', ')}]`).join(' and ');
}
