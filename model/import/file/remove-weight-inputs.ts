import type { Graph, PassResult } from '../../graph/graph.ts';

/** The first IR version that does not require initializers to be inputs. */
const minIrVersion = 4;

/**
 * Removes weights from the graph's inputs, and raises the IR version to at least 4.
 *
 * Legal if callers do not override weights: an initializer that is also an input is only a default value, so that a
 * runtime cannot fold it into other nodes.
 */
export function removeWeightInputs(graph: Graph): PassResult {
  const inputs = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  const irVersion = Math.max(graph.irVersion, minIrVersion);
  if (inputs.length === graph.inputs.length && irVersion === graph.irVersion) return { graph, modified: false };
  return { graph: { ...graph, inputs, irVersion }, modified: true };
}
