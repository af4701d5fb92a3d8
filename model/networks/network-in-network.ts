import type { Graph } from '../graph/graph.ts';
import { NetworkBuilder } from './network-builder.ts';
import type { NetworkOptions } from './network-options.ts';

const halving = { kernel: 3, stride: 2 };

/**
 * Network in Network of Lin et al. (2013), the ImageNet version: float [N, 3, size, size] to `probabilities`
 * [N, classes] and `embedding` [N, 1024]. The paper averages the class maps of the last 1×1 convolution. Here its input
 * is averaged, which gives the same result since both are linear, and provides an embedding before a linear layer.
 * @throws {UserError} with the layer for which `size` is too small
 */
export function networkInNetwork(options: NetworkOptions): Graph {
  const net = new NetworkBuilder('network-in-network', options.size, options);
  let x = net.convolution(net.image, 'conv1', 96, { kernel: 11, stride: 4 });
  x = net.convolution(x, 'cccp1', 96, { kernel: 1 });
  x = net.convolution(x, 'cccp2', 96, { kernel: 1 });
  x = net.maxPool(x, 'pool1', halving);
  x = net.convolution(x, 'conv2', 256, { kernel: 5, padding: 2 });
  x = net.convolution(x, 'cccp3', 256, { kernel: 1 });
  x = net.convolution(x, 'cccp4', 256, { kernel: 1 });
  x = net.maxPool(x, 'pool2', halving);
  x = net.convolution(x, 'conv3', 384, { kernel: 3, padding: 1 });
  x = net.convolution(x, 'cccp5', 384, { kernel: 1 });
  x = net.convolution(x, 'cccp6', 384, { kernel: 1 });
  x = net.maxPool(x, 'pool3', halving);
  x = net.dropout(x, 'drop', 0.5);
  x = net.convolution(x, 'conv4', 1024, { kernel: 3, padding: 1 });
  x = net.convolution(x, 'cccp7', 1024, { kernel: 1 });
  const embedding = net.globalAverage(x, 'pool4');
  return net.graph({ probabilities: net.classifier(embedding, 'cccp8', options.classes), embedding });
}
