import type { Graph, PassResult } from '../graph/graph.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { evaluate } from './evaluate.ts';
import { maxOutputSize } from './max-output-size.ts';
import { toTensorProto } from './runtime-tensor.ts';

export interface FoldOptions {
  /** Limit on the total number of elements of all folded values; by default 512 MiB of float32. */
  readonly maxElements?: number;
}

const defaultMaxElements = 2 ** 27;

/**
 * Replaces nodes that do not depend on an input of the graph by initializers: weights made by ConstantOfShape, shapes
 * assembled from constants, constants reshaped before use. The runtime computes them, so the values are the same as when
 * the network runs. Legal only if
 * 1. every input of the node is an initializer that is not an input of the graph, or was folded itself,
 * 2. the operator is deterministic, and a bound on its output size is known beforehand (`maxOutputSize`),
 * 3. none of its outputs is an output of the graph, which must stay a computed value, and
 * 4. all folded values together stay within `maxElements`: a few bytes can expand to gigabytes.
 * Other nodes are left unchanged.
 * @throws {UserError} if the runtime cannot compute a node; it could not run the whole graph either
 */
export async function foldConstants(
  graph: Graph,
  { maxElements = defaultMaxElements }: FoldOptions = {},
): Promise<PassResult> {
  const skipped = new Set<NodeProto>();
  let budget = maxElements;
  let current = graph;
  for (;;) {
    const constants = constantsOf(current);
    const layer: NodeProto[] = [];
    for (const node of current.nodes) {
      if (skipped.has(node) || !dependsOnConstants(node, current, constants)) continue;
      const size = maxOutputSize(node, inputsOf(node, constants));
      if (size === undefined || size > budget) skipped.add(node);
      else {
        budget -= size;
        layer.push(node);
      }
    }
    if (layer.length === 0) return { graph: current, modified: current !== graph };
    current = replace(current, layer, await compute(current, layer, constants), skipped);
  }
}

function constantsOf({ initializers, inputs }: Graph): ReadonlyMap<string, TensorProto> {
  const constants = new Map(initializers);
  for (const { name } of inputs) constants.delete(name);
  return constants;
}

function dependsOnConstants(node: NodeProto, graph: Graph, constants: ReadonlyMap<string, TensorProto>): boolean {
  if (node.input.length === 0) return false;
  const isOutput = graph.outputs.some(({ name }) => node.output.includes(name));
  return !isOutput && node.input.every((name) => name === '' || constants.has(name));
}

function inputsOf(node: NodeProto, constants: ReadonlyMap<string, TensorProto>): TensorProto[] {
  return node.input.flatMap((name) => constants.get(name) ?? []);
}

/** Computes the outputs of all nodes of a layer in one run. */
async function compute(
  graph: Graph,
  layer: readonly NodeProto[],
  constants: ReadonlyMap<string, TensorProto>,
): Promise<ReadonlyMap<string, TensorProto>> {
  const needed = layer.flatMap((node) => inputsOf(node, constants));
  const initializers = new Map(needed.map((tensor) => [tensor.name, tensor]));
  const names = layer.flatMap(({ output }) => output.filter((name) => name !== ''));
  const values = await evaluate({ ...graph, inputs: [], nodes: layer, initializers }, {}, names);
  return new Map(
    [...values].flatMap(([name, tensor]): [string, TensorProto][] => {
      const proto = toTensorProto(name, tensor);
      return proto === undefined ? [] : [[name, proto]];
    }),
  );
}

/** Replaces nodes whose outputs are all tensors by initializers. The others are added to `skipped`. */
function replace(
  graph: Graph,
  layer: readonly NodeProto[],
  values: ReadonlyMap<string, TensorProto>,
  skipped: Set<NodeProto>,
): Graph {
  const initializers = new Map(graph.initializers);
  const folded = new Set<NodeProto>();
  for (const node of layer) {
    const names = node.output.filter((name) => name !== '');
    const tensors = names.flatMap((name) => values.get(name) ?? []);
    if (tensors.length < names.length) {
      skipped.add(node);
      continue;
    }
    folded.add(node);
    for (const tensor of tensors) initializers.set(tensor.name, tensor);
  }
  if (folded.size === 0) return graph;
  const nodes = graph.nodes.filter((node) => !folded.has(node));
  return { ...graph, nodes, initializers };
}
