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
 * An inception network for small images, made of GoogLeNet's modules: float [N, 3, size, size] to `probabilities`
 * [N, classes] and `embedding` [N, 336], and `probabilities_3b` with an auxiliary classifier. It halves the image twice
 * instead of five times, and uses average pools in its modules, like most modules of Ioffe and Szegedy (2015), figure 5.
 * @throws {UserError} with the layer for which `size` is too small
 */
export function compactInception(options: NetworkOptions): Graph {
  const { classes, size, modules = 'reduced', auxiliary = false } = options;
  const net = new NetworkBuilder('compact-inception', size, options);
  let x = net.convolution(net.image, 'conv1/3x3', 24, { kernel: 3, padding: 1 });
  x = net.convolution(x, 'conv2/3x3', 48, { kernel: 3, padding: 1 });
  const { output, moduleOutputs } = inceptionStages(net, x, stages, { modules, pool: 'average', stageKernel: 2 });
  const embedding = net.globalAverage(output, 'pool4');
  const probabilities = net.classifier(net.dropout(embedding, 'pool4/drop', 0.4), 'loss2/classifier', classes);
  if (!auxiliary) return net.graph({ probabilities, embedding });
  const middle = moduleOutputs.get('3b') ?? output;
  const probabilities3b = auxiliaryClassifier(net, middle, 'loss1', { filters: 64, units: 256, classes });
  return net.graph({ probabilities, embedding, probabilities_3b: probabilities3b });
}
