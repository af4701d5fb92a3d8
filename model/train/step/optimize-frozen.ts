import type { Graph } from '../../graph/graph.ts';
import { linksOf } from '../../graph/links.ts';
import { valueNames } from '../../graph/names.ts';
import { makeValue } from '../../graph/value.ts';
import { convertLrnToConvolution } from '../../passes/convert-lrn-to-convolution.ts';
import { foldBatchNorm } from '../../passes/fold-batch-norm.ts';
import { dependentOn } from '../gradient/differentiate.ts';

/**
 * Rewrites the part of a network that is not trained as `optimizeModel` does: its operators need no derivative. Legal only
 * if
 * 1. every value that the trained part reads, and every output, keeps its name, and
 * 2. no new value has the name of a value of the trained part, and no weight of that part changes.
 * Otherwise the network is returned unchanged.
 * @param trained names of the trained weights
 */
export function optimizeFrozen(graph: Graph, trained: readonly string[]): Graph {
  const dependent = dependentOn(graph, trained);
  const isTrained = (node: Graph['nodes'][number]) => node.output.some((name) => dependent.has(name));
  const [frozen, rest] = [graph.nodes.filter((node) => !isTrained(node)), graph.nodes.filter(isTrained)];
  const links = linksOf(graph);
  const kept = frozen
    .flatMap(({ output }) => output)
    .filter((name) => links.isOutput(name) || links.consumers(name).some(isTrained));
  const part: Graph = { ...graph, nodes: frozen, outputs: kept.map((name) => makeValue(name, 'float', [])) };
  const { nodes, initializers } = convertLrnToConvolution(foldBatchNorm(part).graph).graph;
  const taken = new Set(rest.flatMap(({ output }) => output));
  const before = valueNames(part);
  const collides = nodes.some(({ output }) => output.some((name) => !before.has(name) && taken.has(name)));
  const changes = rest.some(({ input }) =>
    input.some((name) => initializers.get(name) !== graph.initializers.get(name)),
  );
  if (collides || changes) return graph;
  return { ...graph, nodes: [...nodes, ...rest], initializers };
}
