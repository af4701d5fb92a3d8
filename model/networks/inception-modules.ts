import type { Feature, NetworkBuilder } from './network-builder.ts';

/** Filters of an inception module, in the order of the paper's table. */
export type Filters = readonly [
  one: number,
  reduceThree: number,
  three: number,
  reduceFive: number,
  five: number,
  projection: number,
];

/** Modules between two pools that halve the image, by their names. */
export type Stage = Readonly<Record<string, Filters>>;

export interface ModuleOptions {
  /** Inception modules with dimension reduction or without: figure 2(b) or 2(a) of the paper. */
  readonly modules: 'reduced' | 'naive';
  /** What the pool within a module takes of its 3×3 pixels; the paper has the largest. */
  readonly pool: 'largest' | 'mean';
  /** Side of the windows by which a stage's image is halved. */
  readonly halving: 2 | 3;
}

/**
 * Stacks stages of inception modules, each behind a pool that halves the image, the first of which is `pool2`.
 * @returns what each module gives, by its name
 */
export function inceptionStages(
  net: NetworkBuilder,
  input: Feature,
  stages: readonly Stage[],
  { modules, pool, halving }: ModuleOptions,
): { readonly output: Feature; readonly afterModule: ReadonlyMap<string, Feature> } {
  const inception = modules === 'reduced' ? reducedModule : naiveModule;
  const afterModule = new Map<string, Feature>();
  let output = input;
  for (const [index, stage] of stages.entries()) {
    const name = `pool${index + 2}/${halving}x${halving}_s2`;
    output = net.maxPool(output, name, { kernel: halving, stride: 2 });
    for (const [own, filters] of Object.entries(stage)) {
      output = inception(net, output, `inception_${own}`, filters, pool);
      afterModule.set(own, output);
    }
  }
  return { output, afterModule };
}

/** Reductions by 1×1 convolutions before the expensive ones, and a projection of what is pooled. */
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
  const projected = (of: Feature) => net.convolution(of, `${name}/pool_proj`, projection, { kernel: 1 });
  // A mean is taken of the projection, which has fewer channels.
  const branchPool =
    pool === 'mean' ? pooled(net, projected(input), name, pool) : projected(pooled(net, input, name, pool));
  return net.concat([branch1, branch3, branch5, branchPool], `${name}/output`);
}

/** Every filter reads the whole input, which the pool passes on at full depth. */
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
  return net.concat([branch1, branch3, branch5, pooled(net, input, name, pool)], `${name}/output`);
}

function pooled(net: NetworkBuilder, input: Feature, name: string, pool: ModuleOptions['pool']): Feature {
  const window = { kernel: 3, padding: 1 };
  return pool === 'mean' ? net.averagePool(input, `${name}/pool`, window) : net.maxPool(input, `${name}/pool`, window);
}

/**
 * Section 5 of the paper: what training adds to the middle of the network, so that gradients reach its beginning: a
 * convolution of so many filters, a hidden layer of so many units.
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
