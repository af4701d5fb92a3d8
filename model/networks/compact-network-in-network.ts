import type { Graph } from '../graph/graph.ts';
import { NetworkBuilder } from './network-builder.ts';
import type { NetworkOptions } from './network-options.ts';

const halving = { kernel: 3, stride: 2 };

/**
 * Network in Network of Lin et al. (2013) for small images, the CIFAR-10 version: float [N, 3, size, size] to
 * `probabilities` [N, classes] and `embedding` [N, 192]. As in `networkInNetwork`, the maps are averaged before the last
 * layer.
 * @throws {UserError} with the layer for which `size` is too small
 */
export function compactNetworkInNetwork(options: NetworkOptions): Graph {
  const net = new NetworkBuilder('compact-network-in-network', options.size, options);
  let x = net.convolution(net.image, 'conv1', 192, { kernel: 5, padding: 2 });
  x = net.convolution(x, 'cccp1', 160, { kernel: 1 });
  x = net.convolution(x, 'cccp2', 96, { kernel: 1 });
  x = net.maxPool(x, 'pool1', halving);
  x = net.dropout(x, 'drop1', 0.5);
  x = net.convolution(x, 'conv2', 192, { kernel: 5, padding: 2 });
  x = net.convolution(x, 'cccp3', 192, { kernel: 1 });
  x = net.convolution(x, 'cccp4', 192, { kernel: 1 });
  x = net.maxPool(x, 'pool2', halving);
  x = net.dropout(x, 'drop2', 0.5);
  x = net.convolution(x, 'conv3', 192, { kernel: 3, padding: 1 });
  x = net.convolution(x, 'cccp5', 192, { kernel: 1 });
  const embedding = net.globalAverage(x, 'pool3');
  return net.graph({ probabilities: net.classifier(embedding, 'cccp6', options.classes), embedding });
}
