import type { Graph } from '../graph/graph.ts';
import { NetworkBuilder } from './network-builder.ts';
import type { NetworkOptions } from './network-options.ts';

/**
 * LeNet-5 of LeCun et al., Gradient-based learning applied to document recognition (1998), for color images: float
 * [N, 3, size, size] to `probabilities` [N, classes] and `embedding` [N, 84]. As in most later versions, C3 reads all
 * maps of S2, subsampling has no coefficients, and a softmax replaces the Gaussian units.
 * @throws {UserError} with the layer for which `size` is too small
 */
export function lenet5(options: NetworkOptions): Graph {
  const net = new NetworkBuilder('lenet5', options.size, options);
  let x = net.convolution(net.image, 'c1', 6, { kernel: 5 }, 'Tanh');
  x = net.averagePool(x, 's2', { kernel: 2, stride: 2 });
  x = net.convolution(x, 'c3', 16, { kernel: 5 }, 'Tanh');
  x = net.averagePool(x, 's4', { kernel: 2, stride: 2 });
  x = net.convolution(x, 'c5', 120, { kernel: 5 }, 'Tanh');
  const embedding = net.hidden(net.flatten(x, 'c5/flat'), 'f6', 84, 'Tanh');
  return net.graph({ probabilities: net.classifier(embedding, 'output', options.classes), embedding });
}
