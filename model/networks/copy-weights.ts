import { UserError } from '../../shared/failures/user-error.ts';
import { floatAttribute, getFloat, getInt, getInts, intAttribute } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { linksOf } from '../graph/links.ts';
import { describeNode, isOperator } from '../graph/node.ts';
import { elementType, elementTypeName } from '../onnx/element-type.ts';
import type { AttributeProto, NodeProto, TensorProto } from '../onnx/onnx_pb.ts';

const action = 'give the weights of this network, or its options for them';

/**
 * Replaces the weights of a graph by those of a published file of the same network. Layers (Conv, BatchNormalization,
 * Gemm) that lead to the first output are matched by the order in which the outputs of branches are concatenated, so neither
 * names nor the order of the file matter; the shapes must be equal. Other layers, such as auxiliary classifiers, keep their
 * weights. Two settings without a shape are copied too: the epsilon of normalizations, and whether average pools count their
 * padding, which TensorFlow and PyTorch do differently.
 *
 * Equal order and shapes do not prove that both networks compute the same function: compare their outputs.
 * @param published a graph whose weights are initializers
 * @throws {UserError} with the layer that does not match, and both shapes
 */
export function copyWeights(graph: Graph, published: Graph): Graph {
  const { graph: copied, next } = copyLayers(graph, published);
  if (next === undefined) return copied;
  throw new UserError(
    `the file has more layers with weights than this network; the first extra one is the ${describeNode(next)}: ${action}`,
  );
}

/**
 * As `copyWeights`, for the layers before the classifier: those that lead to the embedding.
 * @returns also the name of the published value that the next layer with weights reads, which equals the embedding
 * @throws {UserError} with the layer that does not match
 */
export function copyTrunkWeights(graph: Graph, published: Graph): { readonly graph: Graph; readonly features: string } {
  const outputs = graph.outputs.filter(({ name }) => name === 'embedding');
  const { graph: copied, next } = copyLayers({ ...graph, outputs }, published);
  if (next?.opType !== 'Gemm') {
    const found = next === undefined ? 'the end of the network' : `the ${describeNode(next)}`;
    throw new UserError(`${found} follows the layers of the embedding instead of a linear layer: ${action}`);
  }
  return { graph: { ...copied, outputs: graph.outputs }, features: next.input[0] ?? '' };
}

/** @returns also the next layer with weights of the published file, if it has more */
function copyLayers(graph: Graph, published: Graph): { readonly graph: Graph; readonly next: NodeProto | undefined } {
  const [path, publishedPath] = [pathOf(graph), pathOf(published)];
  const [layers, sources] = [path.filter(hasWeights), publishedPath.filter(hasWeights)];
  const initializers = new Map(graph.initializers);
  const settings = paddedPoolSettings(path, publishedPath);
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
    if (isOperator(layer, 'BatchNormalization')) {
      settings.set(layer, floatAttribute('epsilon', getFloat(source, 'epsilon', 1e-5)));
    }
  }
  const nodes = graph.nodes.map((node) => withSetting(node, settings.get(node)));
  return { graph: { ...graph, initializers, nodes }, next: sources[layers.length] };
}

/** The nodes that lead to the first output, each after those that it reads, which are visited in the order of its inputs. */
function pathOf(graph: Graph): NodeProto[] {
  const { producer } = linksOf(graph);
  const visited = new Set<NodeProto>();
  const path: NodeProto[] = [];
  const visit = (value: string) => {
    const node = producer(value);
    if (node === undefined || visited.has(node)) return;
    visited.add(node);
    for (const input of node.input) visit(input);
    path.push(node);
  };
  for (const { name } of graph.outputs.slice(0, 1)) visit(name);
  return path;
}

function hasWeights(node: NodeProto): boolean {
  return isOperator(node, 'Conv', 'BatchNormalization', 'Gemm');
}

/** Of average pools with padding, if both networks have the same number of them. */
function paddedPoolSettings(
  path: readonly NodeProto[],
  publishedPath: readonly NodeProto[],
): Map<NodeProto, AttributeProto> {
  const isPadded = (node: NodeProto) =>
    isOperator(node, 'AveragePool') && (getInts(node, 'pads') ?? []).some((pixels) => pixels !== 0);
  const [pools, sources] = [path.filter(isPadded), publishedPath.filter(isPadded)];
  if (pools.length !== sources.length) return new Map();
  return new Map(
    sources.flatMap((source, index) => {
      const pool = pools[index];
      const countsPadding = getInt(source, 'count_include_pad', 0);
      return pool === undefined ? [] : [[pool, intAttribute('count_include_pad', countsPadding)]];
    }),
  );
}

/** Replaces an attribute in its place. */
function withSetting(node: NodeProto, setting: AttributeProto | undefined): NodeProto {
  if (setting === undefined) return node;
  return { ...node, attribute: node.attribute.map((each) => (each.name === setting.name ? setting : each)) };
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
