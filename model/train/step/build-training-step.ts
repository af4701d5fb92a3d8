import type { Graph } from '../../graph/graph.ts';
import { buildGradientGraph, type GradientOptions } from './build-gradient-graph.ts';
import { buildUpdateGraph } from './build-update-graph.ts';
import type { TrainableNetwork } from './make-trainable.ts';

/**
 * One step of training as one graph: samples, loss, gradients and all weights anew, see `buildGradientGraph` and `buildUpdateGraph`,
 * whose inputs and outputs are its own but for those that one hands to the other.
 */
export async function buildTrainingStep(
  network: TrainableNetwork,
  options: GradientOptions & { readonly momentum: number },
): Promise<Graph> {
  const gradients = await buildGradientGraph(network, options);
  const update = buildUpdateGraph(options.layout, { momentum: options.momentum });
  const handed = new Set(gradients.outputs.map(({ name }) => name));
  const read = new Set(gradients.inputs.map(({ name }) => name));
  const taken = new Set(update.inputs.map(({ name }) => name));
  return {
    ...gradients,
    inputs: [...gradients.inputs, ...update.inputs.filter(({ name }) => !handed.has(name) && !read.has(name))],
    outputs: [...gradients.outputs.filter(({ name }) => !taken.has(name)), ...update.outputs],
    nodes: [...gradients.nodes, ...update.nodes],
    initializers: new Map([...gradients.initializers, ...update.initializers]),
  };
}
