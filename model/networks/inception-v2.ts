import type { Graph } from '../graph/graph.ts';
import { type Branch, convolution } from './branches.ts';
import {
  firstReduction,
  moduleOfFigure5,
  moduleOfFigure6,
  moduleOfFigure7,
  secondReduction,
} from './factorized-modules.ts';
import { factorizedNetwork, threeConvolutionStem } from './factorized-network.ts';
import { NetworkBuilder } from './network-builder.ts';
import type { NetworkOptions } from './network-options.ts';

const threeByThree: Branch = [convolution(48, 1), convolution(64, 3)];
const twoThreeByThree: Branch = [convolution(192, 1), convolution(192, 3)];

/** Table 1 of the paper, for an image of 299×299: 3 modules of 35×35×288, 5 of 17×17×768, 2 that end in 8×8×2048. */
const firstModules: Readonly<Record<string, readonly Branch[]>> = {
  inception_3a: moduleOfFigure5(threeByThree, 64),
  inception_3b: moduleOfFigure5(threeByThree, 64),
  inception_3c: moduleOfFigure5(threeByThree, 64),
  reduction_3: firstReduction,
  inception_4a: moduleOfFigure6(128),
  inception_4b: moduleOfFigure6(160),
  inception_4c: moduleOfFigure6(160),
  inception_4d: moduleOfFigure6(160),
  inception_4e: moduleOfFigure6(192),
};
const lastModules: Readonly<Record<string, readonly Branch[]>> = {
  reduction_4: secondReduction(twoThreeByThree),
  inception_5a: moduleOfFigure7,
  inception_5b: moduleOfFigure7,
};

/**
 * Inception-v2 of Szegedy et al., Rethinking the Inception Architecture for Computer Vision (2015), table 1, not the
 * earlier network with batch normalization that is also called v2: float [N, 3, size, size] to `probabilities` [N, classes]
 * and `embedding` [N, 2048], and `probabilities_4e` with an auxiliary classifier. The paper's filters inside the modules are
 * not public; here they are those of Inception-v3.
 * @throws {UserError} with the layer for which `size` is too small
 */
export function inceptionV2(options: NetworkOptions): Graph {
  const net = new NetworkBuilder('inception-v2', options.size, options);
  let x = threeConvolutionStem(net, ['conv1/3x3_s2', 'conv2/3x3', 'conv3/3x3', 'pool3/3x3_s2']);
  x = net.convolution(x, 'conv4/3x3', 80, { kernel: 3 });
  x = net.convolution(x, 'conv5/3x3_s2', 192, { kernel: 3, stride: 2 });
  x = net.convolution(x, 'conv6/3x3', 288, { kernel: 3, padding: 1 });
  const names = { pool: 'pool5', auxiliary: 'probabilities_4e' };
  return factorizedNetwork(net, x, { firstModules, lastModules, ...names }, options);
}
