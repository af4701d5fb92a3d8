import type { Graph, PassResult } from '../graph/graph.ts';

/** Drops initializers that no node reads and that are no output. Legal always, where no node holds a graph of its own. */
export function removeUnusedWeights(graph: Graph): PassResult {
  const used = new Set([...graph.nodes.flatMap(({ input }) => input), ...graph.outputs.map(({ name }) => name)]);
  const initializers = new Map([...graph.initializers].filter(([name]) => used.has(name)));
  if (initializers.size === graph.initializers.size) return { graph, modified: false };
  return { graph: { ...graph, initializers }, modified: true };
}
