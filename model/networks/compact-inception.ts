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

const stages: readonly Readonly<Record<string, Filters>>[] = [
  {
    '3a': [32, 32, 48, 8, 16, 16],
    '3b': [48, 48, 80, 12, 24, 24],
  },
  {
    '4a': [80, 64, 128, 16, 32, 32],
    '4b': [96, 80, 160, 20, 40, 40],
  },
];

const halving = { kernel: 2, stride: 2 };

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
  const inception = modules === 'reduced' ? reducedModule : naiveModule;

  let x = net.convolution(net.image, 'conv1/3x3', 24, { kernel: 3, padding: 1 });
  x = net.convolution(x, 'conv2/3x3', 48, { kernel: 3, padding: 1 });
  const afterModule = new Map<string, Feature>();
  for (const [index, stage] of stages.entries()) {
    x = net.maxPool(x, `pool${index + 2}/2x2_s2`, halving);
    for (const [name, filters] of Object.entries(stage)) {
      x = inception(net, x, `inception_${name}`, filters);
      afterModule.set(name, x);
    }
  }
  const embedding = net.globalAverage(x, 'pool4');
  const probabilities = net.classifier(net.dropout(embedding, 'pool4/drop', 0.4), 'loss2/classifier', classes);
  if (!auxiliary) return net.graph({ probabilities, embedding });
  const side = auxiliaryClassifier(net, afterModule.get('3b') ?? x, 'loss1', classes);
  return net.graph({ probabilities, embedding, probabilities_3b: side });
}

function reducedModule(net: NetworkBuilder, input: Feature, name: string, filters: Filters): Feature {
  const [one, reduceThree, three, reduceFive, five, projection] = filters;
  const branch1 = net.convolution(input, `${name}/1x1`, one, { kernel: 1 });
  const reduced3 = net.convolution(input, `${name}/3x3_reduce`, reduceThree, { kernel: 1 });
  const branch3 = net.convolution(reduced3, `${name}/3x3`, three, { kernel: 3, padding: 1 });
  const reduced5 = net.convolution(input, `${name}/5x5_reduce`, reduceFive, { kernel: 1 });
  const branch5 = net.convolution(reduced5, `${name}/5x5`, five, { kernel: 5, padding: 2 });
  // The projection comes first: both are linear, and fewer channels are averaged.
  const projected = net.convolution(input, `${name}/pool_proj`, projection, { kernel: 1 });
  const branchPool = net.averagePool(projected, `${name}/pool`, { kernel: 3, padding: 1 });
  return net.concat([branch1, branch3, branch5, branchPool], `${name}/output`);
}

/** Without reductions every filter reads the whole input, which the pool passes on at full depth. */
function naiveModule(net: NetworkBuilder, input: Feature, name: string, filters: Filters): Feature {
  const [one, , three, , five] = filters;
  const branch1 = net.convolution(input, `${name}/1x1`, one, { kernel: 1 });
  const branch3 = net.convolution(input, `${name}/3x3`, three, { kernel: 3, padding: 1 });
  const branch5 = net.convolution(input, `${name}/5x5`, five, { kernel: 5, padding: 2 });
  const branchPool = net.averagePool(input, `${name}/pool`, { kernel: 3, padding: 1 });
  return net.concat([branch1, branch3, branch5, branchPool], `${name}/output`);
}

/** As GoogLeNet's, with fewer units: average pool, 1×1 convolution, one hidden layer. */
function auxiliaryClassifier(net: NetworkBuilder, input: Feature, name: string, classes: number): Feature {
  const pooled = net.averagePool(input, `${name}/ave_pool`, { kernel: 5, stride: 3 });
  const reduced = net.convolution(pooled, `${name}/conv`, 64, { kernel: 1 });
  const flat = net.flatten(reduced, `${name}/flat`);
  const hidden = net.hidden(flat, `${name}/fc`, 256);
  return net.classifier(net.dropout(hidden, `${name}/drop_fc`, 0.7), `${name}/classifier`, classes);
}
