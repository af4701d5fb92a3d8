import type { Graph, PassResult } from '../graph/graph.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';

/**
 * Removes nodes whose outputs nothing reads, and the nodes that only those read. Legal always, where no node holds a
 * graph of its own, since nodes have no side effects. Weights that nothing reads any more stay.
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
