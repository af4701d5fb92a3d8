import type { Feature, NetworkBuilder } from './network-builder.ts';

/** Filters of an inception module, in the column order of the paper's table 1. */
export type Filters = readonly [
  one: number,
  reduceThree: number,
  three: number,
  reduceFive: number,
  five: number,
  projection: number,
];

/** The modules between two stage pools, by name. */
export type Stage = Readonly<Record<string, Filters>>;

export interface ModuleOptions {
  /** Inception modules with dimension reduction (figure 2b of the paper) or without (figure 2a). */
  readonly modules: 'reduced' | 'naive';
  /** The 3×3 pool within each module; the paper uses max. */
  readonly pool: 'max' | 'average';
  /** Window size of the pools that halve the image before each stage. */
  readonly stageKernel: 2 | 3;
}

/**
 * Stacks stages of inception modules. A pool before each stage halves the image; the first is named `pool2`.
 * @returns the last output, and the output of every module by name
 */
export function inceptionStages(
  net: NetworkBuilder,
  input: Feature,
  stages: readonly Stage[],
  { modules, pool, stageKernel }: ModuleOptions,
): { readonly output: Feature; readonly moduleOutputs: ReadonlyMap<string, Feature> } {
  const inception = modules === 'reduced' ? reducedModule : naiveModule;
  const moduleOutputs = new Map<string, Feature>();
  let output = input;
  for (const [index, stage] of stages.entries()) {
    const poolName = `pool${index + 2}/${stageKernel}x${stageKernel}_s2`;
    output = net.maxPool(output, poolName, { kernel: stageKernel, stride: 2 });
    for (const [name, filters] of Object.entries(stage)) {
      output = inception(net, output, `inception_${name}`, filters, pool);
      moduleOutputs.set(name, output);
    }
  }
  return { output, moduleOutputs };
}

/** 1×1 convolutions reduce the channels before the 3×3 and 5×5 convolutions, and project the pooled branch. */
function reducedModule(
  net: NetworkBuilder,
  input: Feature,
  name: string,
  filters: Filters,
  pool: ModuleOptions['pool'],
): Feature {
  const [one, reduceThree, three, reduceFive, five, projection] = filters;
  const branch1 = net.convolution(input, `${name}/1x1`, one, { kernel: 1 });
  const reduced3 = net.convolution(input, `${name}/3x3_reduce`, reduceThree, { kernel: 1 });
  const branch3 = net.convolution(reduced3, `${name}/3x3`, three, { kernel: 3, padding: 1 });
  const reduced5 = net.convolution(input, `${name}/5x5_reduce`, reduceFive, { kernel: 1 });
  const branch5 = net.convolution(reduced5, `${name}/5x5`, five, { kernel: 5, padding: 2 });
  const project = (feature: Feature) => net.convolution(feature, `${name}/pool_proj`, projection, { kernel: 1 });
  // An average pool follows the projection, where it has fewer channels to average.
  const branchPool =
    pool === 'average' ? poolBranch(net, project(input), name, pool) : project(poolBranch(net, input, name, pool));
  return net.concat([branch1, branch3, branch5, branchPool], `${name}/output`);
}

/** Every branch reads the input directly; the pool branch keeps all its channels. */
function naiveModule(
  net: NetworkBuilder,
  input: Feature,
  name: string,
  filters: Filters,
  pool: ModuleOptions['pool'],
): Feature {
  const [one, , three, , five] = filters;
  const branch1 = net.convolution(input, `${name}/1x1`, one, { kernel: 1 });
  const branch3 = net.convolution(input, `${name}/3x3`, three, { kernel: 3, padding: 1 });
  const branch5 = net.convolution(input, `${name}/5x5`, five, { kernel: 5, padding: 2 });
  return net.concat([branch1, branch3, branch5, poolBranch(net, input, name, pool)], `${name}/output`);
}

function poolBranch(net: NetworkBuilder, input: Feature, name: string, pool: ModuleOptions['pool']): Feature {
  const window = { kernel: 3, padding: 1 };
  return pool === 'max' ? net.maxPool(input, `${name}/pool`, window) : net.averagePool(input, `${name}/pool`, window);
}

/**
 * A classifier on the middle of the network for training, so that gradients reach the first layers (section 5 of the
 * paper).
 * @param filters of its 1×1 convolution
 * @param units of its hidden layer
 */
export function auxiliaryClassifier(
  net: NetworkBuilder,
  input: Feature,
  name: string,
  { filters, units, classes }: { filters: number; units: number; classes: number },
): Feature {
  const means = net.averagePool(input, `${name}/ave_pool`, { kernel: 5, stride: 3 });
  const reduced = net.convolution(means, `${name}/conv`, filters, { kernel: 1 });
  const flat = net.flatten(reduced, `${name}/flat`);
  const hidden = net.hidden(flat, `${name}/fc`, units);
  return net.classifier(net.dropout(hidden, `${name}/drop_fc`, 0.7), `${name}/classifier`, classes);
}
