import type { Graph, PassResult } from '../graph/graph.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { evaluate } from './evaluate.ts';
import { maxOutputSize } from './max-output-size.ts';
import { toTensorProto } from './runtime-tensor.ts';

export interface FoldOptions {
  /** Elements that all folded values together may have at most: 512 MiB of float32 by default. */
  readonly maxElements?: number;
}

const defaultMaxElements = 2 ** 27;

/**
 * Computes what depends on no input of the graph, once and for all: weights made by ConstantOfShape, shapes put together
 * from constants, constants reshaped before use. The runtime computes it, so the values are the very ones it would have
 * come to. Legal only if
 * 1. every input of the node is an initializer that is no input of the graph, or was folded itself,
 * 2. the operator is deterministic, and the size of what it gives is known before it is computed (`maxOutputSize`),
 * 3. none of the node's outputs is an output of the graph, which must stay a computed value, and
 * 4. all folded values together stay below `maxElements`: a few bytes can ask for gigabytes.
 * A node for which this does not hold is left as it is.
 * @throws {UserError} when the runtime refuses to compute a node: it would refuse the whole graph.
 */
export async function foldConstants(
  graph: Graph,
  { maxElements = defaultMaxElements }: FoldOptions = {},
): Promise<PassResult> {
  const left = new Set<NodeProto>();
  let budget = maxElements;
  let current = graph;
  for (;;) {
    const constants = constantsOf(current);
    const layer: NodeProto[] = [];
    for (const node of current.nodes) {
      if (left.has(node) || !dependsOnConstants(node, current, constants)) continue;
      const size = maxOutputSize(node, inputsOf(node, constants));
      if (size === undefined || size > budget) left.add(node);
      else {
        budget -= size;
        layer.push(node);
      }
    }
    if (layer.length === 0) return { graph: current, modified: current !== graph };
    current = replace(current, layer, await compute(current, layer, constants), left);
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

/** What the nodes of a layer give, all in one run. */
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
      const made = toTensorProto(name, tensor);
      return made === undefined ? [] : [[name, made]];
    }),
  );
}

/** Nodes all of whose outputs came out as tensors become initializers; the others are left for good. */
function replace(
  graph: Graph,
  layer: readonly NodeProto[],
  values: ReadonlyMap<string, TensorProto>,
  left: Set<NodeProto>,
): Graph {
  const initializers = new Map(graph.initializers);
  const folded = new Set<NodeProto>();
  for (const node of layer) {
    const names = node.output.filter((name) => name !== '');
    const tensors = names.flatMap((name) => values.get(name) ?? []);
    if (tensors.length < names.length) {
      left.add(node);
      continue;
    }
    folded.add(node);
    for (const tensor of tensors) initializers.set(tensor.name, tensor);
  }
  if (folded.size === 0) return graph;
  const nodes = graph.nodes.filter((node) => !folded.has(node));
  return { ...graph, nodes, initializers };
}
