import type { Graph } from '../graph/graph.ts';
import type { NetworkOptions } from './network-options.ts';
import { type PerceptronStage, perceptronNetwork } from './perceptron-stages.ts';

const stages: readonly PerceptronStage[] = [
  { convolution: { filters: 192, kernel: 5, padding: 2 }, perceptron: [160, 96] },
  { dropout: 'drop1', convolution: { filters: 192, kernel: 5, padding: 2 }, perceptron: [192, 192] },
  { dropout: 'drop2', convolution: { filters: 192, kernel: 3, padding: 1 }, perceptron: [192] },
];

/**
 * Network in Network for small images, the CIFAR-10 version: float [N, 3, size, size] to `probabilities` [N, classes] and
 * `embedding` [N, 192].
 * @throws {UserError} with the layer for which `size` is too small
 */
export function compactNetworkInNetwork(options: NetworkOptions): Graph {
  return perceptronNetwork('compact-network-in-network', stages, options);
}
