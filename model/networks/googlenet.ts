import type { Graph } from '../graph/graph.ts';
import { type Feature, NetworkBuilder } from './network-builder.ts';
import type { NetworkOptions } from './network-options.ts';

/** Filters of an inception module, in the order of the paper's table. */
type Filters = readonly [
  one: number,
  reduceThree: number,
  three: number,
  reduceFive: number,
  five: number,
  projection: number,
];

/** Table 1 of Szegedy et al., Going deeper with convolutions (2014): a pool halves the image between two groups. */
const stages: readonly Readonly<Record<string, Filters>>[] = [
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

const halving = { kernel: 3, stride: 2 };

/**
 * GoogLeNet: float [N, 3, size, size] to `probabilities` [N, classes] and `embedding` [N, 1024], and to
 * `probabilities_4a` and `probabilities_4d` where it has auxiliary classifiers. Layers are named, padded and ordered as
 * in the Berkeley Caffe model, so that its weights fit.
 * @throws {UserError} naming the layer for which `size` is too small.
 */
export function googlenet(options: NetworkOptions): Graph {
  const { classes, size, modules = 'reduced', auxiliary = false } = options;
  const net = new NetworkBuilder('googlenet', size, options);
  const inception = modules === 'reduced' ? reducedModule : naiveModule;

  let x = net.convolution(net.image, 'conv1/7x7_s2', 64, { kernel: 7, stride: 2, padding: 3 });
  x = net.maxPool(x, 'pool1/3x3_s2', halving);
  x = net.localResponseNorm(x, 'pool1/norm1');
  x = net.convolution(x, 'conv2/3x3_reduce', 64, { kernel: 1 });
  x = net.convolution(x, 'conv2/3x3', 192, { kernel: 3, padding: 1 });
  x = net.localResponseNorm(x, 'conv2/norm2');
  const afterModule = new Map<string, Feature>();
  for (const [index, stage] of stages.entries()) {
    x = net.maxPool(x, `pool${index + 2}/3x3_s2`, halving);
    for (const [name, filters] of Object.entries(stage)) {
      x = inception(net, x, `inception_${name}`, filters);
      afterModule.set(name, x);
    }
  }
  const embedding = net.globalAverage(x, 'pool5');
  const kept = net.dropout(embedding, 'pool5/drop', 0.4);
  const probabilities = net.classifier(kept, 'loss3/classifier', classes);

  const sides = auxiliary ? Object.entries({ loss1: '4a', loss2: '4d' }) : [];
  const auxiliaries = sides.map(([loss, name]) => {
    const output = auxiliaryClassifier(net, afterModule.get(name) ?? x, loss, classes);
    return [`probabilities_${name}`, output] as const;
  });
  return net.graph({ probabilities, embedding, ...Object.fromEntries(auxiliaries) });
}

/** Figure 2(b): reductions by 1×1 convolutions before the expensive ones, a projection behind the pool. */
function reducedModule(net: NetworkBuilder, input: Feature, name: string, filters: Filters): Feature {
  const [one, reduceThree, three, reduceFive, five, projection] = filters;
  const branch1 = net.convolution(input, `${name}/1x1`, one, { kernel: 1 });
  const reduced3 = net.convolution(input, `${name}/3x3_reduce`, reduceThree, { kernel: 1 });
  const branch3 = net.convolution(reduced3, `${name}/3x3`, three, { kernel: 3, padding: 1 });
  const reduced5 = net.convolution(input, `${name}/5x5_reduce`, reduceFive, { kernel: 1 });
  const branch5 = net.convolution(reduced5, `${name}/5x5`, five, { kernel: 5, padding: 2 });
  const pooled = net.maxPool(input, `${name}/pool`, { kernel: 3, padding: 1 });
  const branchPool = net.convolution(pooled, `${name}/pool_proj`, projection, { kernel: 1 });
  return net.concat([branch1, branch3, branch5, branchPool], `${name}/output`);
}

/** Figure 2(a): every filter reads the whole input, which the pool passes on at full depth. */
function naiveModule(net: NetworkBuilder, input: Feature, name: string, filters: Filters): Feature {
  const [one, , three, , five] = filters;
  const branch1 = net.convolution(input, `${name}/1x1`, one, { kernel: 1 });
  const branch3 = net.convolution(input, `${name}/3x3`, three, { kernel: 3, padding: 1 });
  const branch5 = net.convolution(input, `${name}/5x5`, five, { kernel: 5, padding: 2 });
  const branchPool = net.maxPool(input, `${name}/pool`, { kernel: 3, padding: 1 });
  return net.concat([branch1, branch3, branch5, branchPool], `${name}/output`);
}

/** Section 5: what training adds to the middle of the network, so that gradients reach its beginning. */
function auxiliaryClassifier(net: NetworkBuilder, input: Feature, name: string, classes: number): Feature {
  const pooled = net.averagePool(input, `${name}/ave_pool`, { kernel: 5, stride: 3 });
  const reduced = net.convolution(pooled, `${name}/conv`, 128, { kernel: 1 });
  const flat = net.flatten(reduced, `${name}/flat`);
  const hidden = net.hidden(flat, `${name}/fc`, 1024);
  return net.classifier(net.dropout(hidden, `${name}/drop_fc`, 0.7), `${name}/classifier`, classes);
}
