import type { Graph } from '../graph/graph.ts';
import { auxiliaryClassifier, inceptionStages, type Stage } from './inception-modules.ts';
import { NetworkBuilder } from './network-builder.ts';
import type { NetworkOptions } from './network-options.ts';

/** Table 1 of Szegedy et al., Going deeper with convolutions (2014). A pool before each stage halves the image. */
const stages: readonly Stage[] = [
  {
    '3a': [64, 96, 128, 16, 32, 32],
    '3b': [128, 128, 192, 32, 96, 64],
  },
  {
    '4a': [192, 96, 208, 16, 48, 64],
    '4b': [160, 112, 224, 24, 64, 64],
    '4c': [128, 128, 256, 24, 64, 64],
    '4d': [112, 144, 288, 32, 64, 64],
    '4e': [256, 160, 320, 32, 128, 128],
  },
  {
    '5a': [256, 160, 320, 32, 128, 128],
    '5b': [384, 192, 384, 48, 128, 128],
  },
];

/**
 * GoogLeNet: float [N, 3, size, size] to `probabilities` [N, classes] and `embedding` [N, 1024], and
 * `probabilities_4a` and `probabilities_4d` with auxiliary classifiers. Layers are named, padded and ordered as in the
 * Berkeley Caffe model, so that its weights fit.
 * @throws {UserError} with the layer for which `size` is too small
 */
export function googlenet(options: NetworkOptions): Graph {
  const { classes, size, modules = 'reduced', auxiliary = false } = options;
  const net = new NetworkBuilder('googlenet', size, options);

  let x = net.convolution(net.image, 'conv1/7x7_s2', 64, { kernel: 7, stride: 2, padding: 3 });
  x = net.maxPool(x, 'pool1/3x3_s2', { kernel: 3, stride: 2 });
  x = net.localResponseNorm(x, 'pool1/norm1');
  x = net.convolution(x, 'conv2/3x3_reduce', 64, { kernel: 1 });
  x = net.convolution(x, 'conv2/3x3', 192, { kernel: 3, padding: 1 });
  x = net.localResponseNorm(x, 'conv2/norm2');
  const { output, moduleOutputs } = inceptionStages(net, x, stages, { modules, pool: 'max', stageKernel: 3 });
  const embedding = net.globalAverage(output, 'pool5');
  const probabilities = net.classifier(net.dropout(embedding, 'pool5/drop', 0.4), 'loss3/classifier', classes);

  const heads = auxiliary ? Object.entries({ loss1: '4a', loss2: '4d' }) : [];
  const auxiliaries = heads.map(([loss, module]) => {
    const input = moduleOutputs.get(module) ?? output;
    const head = auxiliaryClassifier(net, input, loss, { filters: 128, units: 1024, classes });
    return [`probabilities_${module}`, head] as const;
  });
  return net.graph({ probabilities, embedding, ...Object.fromEntries(auxiliaries) });
}
