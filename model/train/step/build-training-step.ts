import type { Graph } from '../../graph/graph.ts';
import { buildGradientGraph, type GradientOptions } from './build-gradient-graph.ts';
import { buildUpdateGraph } from './build-update-graph.ts';
import type { TrainableNetwork } from './make-trainable.ts';
import type { UpdateRule } from './update-rule.ts';

/**
 * A whole training step as one graph: `buildGradientGraph` connected to `buildUpdateGraph`. It has the inputs and outputs of
 * both, except the values that the first passes to the second.
 */
export async function buildTrainingStep(
  network: TrainableNetwork,
  options: GradientOptions,
  rule: UpdateRule,
): Promise<Graph> {
  const gradients = await buildGradientGraph(network, options);
  const update = buildUpdateGraph(options.layout, rule);
  const known = new Set([...gradients.inputs, ...gradients.outputs].map(({ name }) => name));
  const consumed = new Set(update.inputs.map(({ name }) => name));
  return {
    ...gradients,
    inputs: [...gradients.inputs, ...update.inputs.filter(({ name }) => !known.has(name))],
    outputs: [...gradients.outputs.filter(({ name }) => !consumed.has(name)), ...update.outputs],
    nodes: [...gradients.nodes, ...update.nodes],
    initializers: new Map([...gradients.initializers, ...update.initializers]),
  };
}
