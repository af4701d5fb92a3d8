import type { Graph, PassResult } from '../graph/graph.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';

/**
 * Removes nodes whose outputs are not read, and the nodes that only they read. Always legal in a graph without
 * subgraphs, since nodes have no side effects. Unused weights stay.
 */
export function removeUnusedNodes(graph: Graph): PassResult {
  const read = new Set(graph.outputs.map(({ name }) => name));
  const kept = new Set<NodeProto>();
  for (const node of graph.nodes.toReversed()) {
    if (!node.output.some((name) => read.has(name))) continue;
    kept.add(node);
    for (const name of node.input) read.add(name);
  }
  if (kept.size === graph.nodes.length) return { graph, modified: false };
  return { graph: { ...graph, nodes: graph.nodes.filter((node) => kept.has(node)) }, modified: true };
}
