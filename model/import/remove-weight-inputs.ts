import type { Graph, PassResult } from '../graph/graph.ts';

/** The first IR version whose initializers need not be listed among the inputs. */
const minimumIrVersion = 4;

/**
 * Takes the weights out of the graph's inputs, and raises the IR version to 4 where it is lower.
 *
 * Legal always, as far as nobody overrides weights when running the network: an initializer that is also an input is
 * a default value, and only without the input may a runtime fold it into other nodes.
 */
export function removeWeightInputs(graph: Graph): PassResult {
  const inputs = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  const irVersion = Math.max(graph.irVersion, minimumIrVersion);
  if (inputs.length === graph.inputs.length && irVersion === graph.irVersion) return { graph, modified: false };
  return { graph: { ...graph, inputs, irVersion }, modified: true };
}
