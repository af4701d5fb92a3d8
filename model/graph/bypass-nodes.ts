import type { NodeProto } from '../onnx/onnx_pb.ts';
import type { Graph } from './graph.ts';

/**
 * Removes nodes; whoever read a removed node's first output reads the value that is given for it instead.
 * @param standIns for each removed node the value that its first output equals, which may be another removed node's
 *   output; no removed node's output may be an output of the graph
 */
export function bypassNodes(graph: Graph, standIns: ReadonlyMap<NodeProto, string>): Graph {
  const source = new Map<string, string>();
  // In topological order, so that of several in a row each leads to what stands for the first.
  for (const node of graph.nodes) {
    const standIn = standIns.get(node);
    if (standIn !== undefined) source.set(node.output[0] ?? '', source.get(standIn) ?? standIn);
  }
  const nodes = graph.nodes
    .filter((node) => !standIns.has(node))
    .map((node) =>
      node.input.some((name) => source.has(name))
        ? { ...node, input: node.input.map((name) => source.get(name) ?? name) }
        : node,
    );
  return { ...graph, nodes };
}
