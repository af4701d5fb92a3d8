import type { Graph } from '../graph/graph.ts';
import type { NetworkOptions } from './network-options.ts';
import { type PerceptronStage, perceptronNetwork } from './perceptron-stages.ts';

const stages: readonly PerceptronStage[] = [
  { convolution: { filters: 96, kernel: 11, stride: 4 }, perceptron: [96, 96] },
  { convolution: { filters: 256, kernel: 5, padding: 2 }, perceptron: [256, 256] },
  { convolution: { filters: 384, kernel: 3, padding: 1 }, perceptron: [384, 384] },
  { dropout: 'drop', convolution: { filters: 1024, kernel: 3, padding: 1 }, perceptron: [1024] },
];

/**
 * Network in Network, the ImageNet version: float [N, 3, size, size] to `probabilities` [N, classes] and `embedding`
 * [N, 1024].
 * @throws {UserError} with the layer for which `size` is too small
 */
export function networkInNetwork(options: NetworkOptions): Graph {
  return perceptronNetwork('network-in-network', stages, options);
}
