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

/** In the first modules, the published network keeps a 5×5 convolution next to the factorized one. */
const fiveByFive: Branch = [convolution(48, 1), convolution(64, 5)];
const sevenBySeven: Branch = [convolution(192, 1), convolution(192, [1, 7]), convolution(192, [7, 1])];

/** By the names of the published network. 35×35 pixels, 17×17 pixels, 8×8 pixels for an image of 299×299. */
const firstModules: Readonly<Record<string, readonly Branch[]>> = {
  mixed_5b: moduleOfFigure5(fiveByFive, 32),
  mixed_5c: moduleOfFigure5(fiveByFive, 64),
  mixed_5d: moduleOfFigure5(fiveByFive, 64),
  mixed_6a: firstReduction,
  mixed_6b: moduleOfFigure6(128),
  mixed_6c: moduleOfFigure6(160),
  mixed_6d: moduleOfFigure6(160),
  mixed_6e: moduleOfFigure6(192),
};
const lastModules: Readonly<Record<string, readonly Branch[]>> = {
  mixed_7a: secondReduction(sevenBySeven),
  mixed_7b: moduleOfFigure7,
  mixed_7c: moduleOfFigure7,
};

/**
 * Inception-v3 as published with its weights (TensorFlow, Keras, torchvision), from Szegedy et al., Rethinking the
 * Inception Architecture for Computer Vision (2015): float [N, 3, size, size] to `probabilities` [N, classes] and `embedding`
 * [N, 2048], and `probabilities_6e` with an auxiliary classifier.
 * @throws {UserError} with the layer for which `size` is too small
 */
export function inceptionV3(options: NetworkOptions): Graph {
  const net = new NetworkBuilder('inception-v3', options.size, options);
  let x = threeConvolutionStem(net, ['conv1a/3x3_s2', 'conv2a/3x3', 'conv2b/3x3', 'pool2/3x3_s2']);
  x = net.convolution(x, 'conv3b/1x1', 80, { kernel: 1 });
  x = net.convolution(x, 'conv4a/3x3', 192, { kernel: 3 });
  x = net.maxPool(x, 'pool4/3x3_s2', { kernel: 3, stride: 2, rounding: 'down' });
  const names = { pool: 'pool7', auxiliary: 'probabilities_6e' };
  return factorizedNetwork(net, x, { firstModules, lastModules, ...names }, options);
}
