import type { Graph } from '../graph/graph.ts';
import { auxiliaryClassifier, inceptionStages, type Stage } from './inception-modules.ts';
import { NetworkBuilder } from './network-builder.ts';
import type { NetworkOptions } from './network-options.ts';

const stages: readonly Stage[] = [
  {
    '3a': [32, 32, 48, 8, 16, 16],
    '3b': [48, 48, 80, 12, 24, 24],
  },
  {
    '4a': [80, 64, 128, 16, 32, 32],
    '4b': [96, 80, 160, 20, 40, 40],
  },
];

/**
 * An inception network for small pictures, with the building blocks of GoogLeNet: float [N, 3, size, size] to
 * `probabilities` [N, classes] and `embedding` [N, 336], and to `probabilities_3b` where it has an auxiliary classifier.
 * The image is halved twice rather than five times, and the pools within modules average, as in most of Ioffe and Szegedy
 * (2015), figure 5.
 * @throws {UserError} naming the layer for which `size` is too small.
 */
export function compactInception(options: NetworkOptions): Graph {
  const { classes, size, modules = 'reduced', auxiliary = false } = options;
  const net = new NetworkBuilder('compact-inception', size, options);
  let x = net.convolution(net.image, 'conv1/3x3', 24, { kernel: 3, padding: 1 });
  x = net.convolution(x, 'conv2/3x3', 48, { kernel: 3, padding: 1 });
  const { output, afterModule } = inceptionStages(net, x, stages, { modules, pool: 'mean', halving: 2 });
  const embedding = net.globalAverage(output, 'pool4');
  const probabilities = net.classifier(net.dropout(embedding, 'pool4/drop', 0.4), 'loss2/classifier', classes);
  if (!auxiliary) return net.graph({ probabilities, embedding });
  const side = auxiliaryClassifier(net, afterModule.get('3b') ?? output, 'loss1', { filters: 64, units: 256, classes });
  return net.graph({ probabilities, embedding, probabilities_3b: side });
}
