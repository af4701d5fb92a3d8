import type { Graph } from '../../graph/graph.ts';
import { type GradientOptions, gradientGraph } from './gradient-graph.ts';
import type { NetworkToTrain } from './network-to-train.ts';
import { updateGraph } from './update-graph.ts';

/**
 * One step of training as one graph: samples, loss, gradients and all weights anew, see `gradientGraph` and `updateGraph`,
 * whose inputs and outputs are its own but for those that one hands to the other.
 */
export async function trainingStep(
  network: NetworkToTrain,
  options: GradientOptions & { readonly momentum: number },
): Promise<Graph> {
  const gradients = await gradientGraph(network, options);
  const update = updateGraph(options.layout, { momentum: options.momentum });
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
