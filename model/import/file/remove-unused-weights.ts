import type { Graph, PassResult } from '../../graph/graph.ts';

/** Removes initializers that are not outputs and that no node reads. Always legal in a graph without subgraphs. */
export function removeUnusedWeights(graph: Graph): PassResult {
  const used = new Set([...graph.nodes.flatMap(({ input }) => input), ...graph.outputs.map(({ name }) => name)]);
  const initializers = new Map([...graph.initializers].filter(([name]) => used.has(name)));
  if (initializers.size === graph.initializers.size) return { graph, modified: false };
  return { graph: { ...graph, initializers }, modified: true };
}
