import type { NodeProto, ValueInfoProto } from '../onnx/onnx_pb.ts';
import type { Graph } from './graph.ts';

/** Names of all values in the graph. */
export function valueNames(graph: Graph): Set<string> {
  return new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.outputs.map(({ name }) => name),
    ...graph.initializers.keys(),
    ...graph.nodes.flatMap(({ input, output }) => [...input, ...output]),
  ]);
}

/** `base`, or the first of `base_1`, `base_2`, ... that is not yet used in the graph. */
export function freshName(graph: Graph, base: string): string {
  return freshNameOutside(valueNames(graph), base);
}

/** As `freshName`, for a set of used names. */
export function freshNameOutside(used: ReadonlySet<string>, base: string): string {
  let name = base;
  for (let number = 1; used.has(name); number += 1) name = `${base}_${number}`;
  return name;
}

/**
 * Renames a value everywhere. Another value that already has the new name gets a fresh one.
 * Not for graphs with subgraphs.
 */
export function renameValue(graph: Graph, from: string, to: string): Graph {
  if (from === to) return graph;
  const displaced = valueNames(graph).has(to) ? freshName(graph, to) : to;
  const rename = (name: string) => (name === from ? to : name === to ? displaced : name);
  const renameInfo = (value: ValueInfoProto): ValueInfoProto => ({ ...value, name: rename(value.name) });
  return {
    ...graph,
    inputs: graph.inputs.map(renameInfo),
    outputs: graph.outputs.map(renameInfo),
    valueInfo: graph.valueInfo.map(renameInfo),
    initializers: new Map(
      Array.from(graph.initializers.values(), (tensor) => {
        const name = rename(tensor.name);
        return [name, name === tensor.name ? tensor : { ...tensor, name }];
      }),
    ),
    nodes: graph.nodes.map((node) => renameInNode(node, rename)),
  };
}

function renameInNode(node: NodeProto, rename: (name: string) => string): NodeProto {
  const touched = [...node.input, ...node.output].some((name) => rename(name) !== name);
  return touched ? { ...node, input: node.input.map(rename), output: node.output.map(rename) } : node;
}
