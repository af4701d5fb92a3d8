import type { Graph } from '../graph/graph.ts';
import { averagePool, type Branch, convolution, halving, maxPool } from './branches.ts';
import { expansion } from './factorized-modules.ts';
import { type FactorizedNetwork, factorizedNetwork } from './factorized-network.ts';
import { NetworkBuilder } from './network-builder.ts';
import type { NetworkOptions } from './network-options.ts';

/** One module of each kind of Inception-v3, one branch per line, for an image of 28×28: on 28×28 pixels, */
const firstModules: Readonly<Record<string, readonly Branch[]>> = {
  mixed_2: [[halving(48)], [convolution(16, 1), convolution(24, 3), halving(24)], [maxPool]],
  // on 14×14 pixels,
  mixed_3a: [
    [convolution(32, 1)],
    [convolution(16, 1), convolution(32, 3)],
    [convolution(16, 1), convolution(24, 3), convolution(24, 3)],
    [averagePool, convolution(24, 1)],
  ],
  mixed_3b: [
    [convolution(48, 1)],
    [convolution(32, 1), convolution(32, [1, 7]), convolution(48, [7, 1])],
    [
      convolution(24, 1),
      convolution(24, [7, 1]),
      convolution(24, [1, 7]),
      convolution(24, [7, 1]),
      convolution(32, [1, 7]),
    ],
    [averagePool, convolution(32, 1)],
  ],
};
const lastModules: Readonly<Record<string, readonly Branch[]>> = {
  mixed_4a: [
    [convolution(48, 1), halving(80)],
    [convolution(32, 1), convolution(32, [1, 7]), convolution(32, [7, 1]), halving(48)],
    [maxPool],
  ],
  // and on 7×7 pixels.
  mixed_4b: [
    [convolution(80, 1)],
    [convolution(64, 1), expansion(64)],
    [convolution(64, 1), convolution(64, 3), expansion(64)],
    [averagePool, convolution(64, 1)],
  ],
};

const network: FactorizedNetwork = {
  firstModules,
  lastModules,
  pool: 'pool5',
  auxiliary: 'probabilities_3b',
  moduleOptions: { halvingPadding: 1 },
  auxiliaryFilters: [32, 128],
};

/**
 * Inception-v3 for small images: float [N, 3, size, size] to `probabilities` [N, classes] and `embedding` [N, 400], and
 * `probabilities_3b` with an auxiliary classifier. It halves the image twice instead of five times.
 * @throws {UserError} with the layer for which `size` is too small
 */
export function compactInceptionV3(options: NetworkOptions): Graph {
  const net = new NetworkBuilder('compact-inception-v3', options.size, options);
  const x = net.convolution(net.image, 'conv1a/3x3', 16, { kernel: 3, padding: 1 });
  const input = net.convolution(x, 'conv1b/3x3', 24, { kernel: 3, padding: 1 });
  return factorizedNetwork(net, input, network, options);
}
