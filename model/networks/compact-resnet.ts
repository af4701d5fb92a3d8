import type { Graph } from '../graph/graph.ts';
import { type Feature, NetworkBuilder } from './network-builder.ts';
import type { NetworkOptions } from './network-options.ts';

/**
 * A residual network for small images (He et al. 2015): float [N, 3, size, size] to `probabilities` [N, classes] and
 * `embedding` [N, 144]. It is shallow and wide, since it is to learn in tens of epochs, not hundreds; and has most of its
 * layers where the image is halved once, since there the products per second are the most.
 * @throws {UserError} with the layer for which `size` is too small
 */
export function compactResnet(options: NetworkOptions): Graph {
  const net = new NetworkBuilder('compact-resnet', options.size, options);
  let x = threeByThree(net, net.image, 'conv1', 24);
  x = halve(net, threeByThree(net, x, 'conv2', 48), 'pool2');
  x = residual(net, threeByThree(net, x, 'conv3', 80), 'block3', 80);
  x = halve(net, x, 'pool3');
  x = residual(net, threeByThree(net, x, 'conv4', 144), 'block4', 144);
  const embedding = net.globalAverage(x, 'pool4');
  const probabilities = net.classifier(net.dropout(embedding, 'pool4/drop', 0.4), 'classifier', options.classes);
  return net.graph({ probabilities, embedding });
}

/** x + f(x), where f has two layers of as many filters as x. */
function residual(net: NetworkBuilder, x: Feature, name: string, filters: number): Feature {
  const inner = threeByThree(net, x, `${name}/1`, filters);
  return net.add(x, threeByThree(net, inner, `${name}/2`, filters), `${name}/sum`);
}

function threeByThree(net: NetworkBuilder, x: Feature, name: string, filters: number): Feature {
  return net.convolution(x, name, filters, { kernel: 3, padding: 1 });
}

function halve(net: NetworkBuilder, x: Feature, name: string): Feature {
  return net.maxPool(x, name, { kernel: 2, stride: 2, rounding: 'down' });
}
