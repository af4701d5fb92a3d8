import type { NodeProto, ValueInfoProto } from '../onnx/onnx_pb.ts';
import type { Graph } from './graph.ts';

/** Every value name that the graph uses. */
export function valueNames(graph: Graph): Set<string> {
  return new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.outputs.map(({ name }) => name),
    ...graph.initializers.keys(),
    ...graph.nodes.flatMap(({ input, output }) => [...input, ...output]),
  ]);
}

/** `wanted`, or the first of `wanted_1`, `wanted_2`, ... that no value of the graph is called. */
export function freshName(graph: Graph, wanted: string): string {
  const taken = valueNames(graph);
  let name = wanted;
  for (let number = 1; taken.has(name); number += 1) name = `${wanted}_${number}`;
  return name;
}

/**
 * Gives a value another name wherever it occurs. A value that already bears the new name gets a fresh one.
 * Not for graphs whose nodes hold graphs of their own.
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
