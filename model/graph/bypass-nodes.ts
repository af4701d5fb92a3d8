import type { NodeProto } from '../onnx/onnx_pb.ts';
import type { Graph } from './graph.ts';

/**
 * Removes nodes and replaces their first outputs by other values.
 * @param replacements for each removed node, the value that equals its first output. It can be the output of another
 *   removed node. No removed node may produce an output of the graph.
 */
export function bypassNodes(graph: Graph, replacements: ReadonlyMap<NodeProto, string>): Graph {
  const source = new Map<string, string>();
  // Nodes are in topological order: in a chain of removed nodes, the replacement of the first is known before the next.
  for (const node of graph.nodes) {
    const replacement = replacements.get(node);
    if (replacement !== undefined) source.set(node.output[0] ?? '', source.get(replacement) ?? replacement);
  }
  const nodes = graph.nodes
    .filter((node) => !replacements.has(node))
    .map((node) =>
      node.input.some((name) => source.has(name))
        ? { ...node, input: node.input.map((name) => source.get(name) ?? name) }
        : node,
    );
  return { ...graph, nodes };
}
