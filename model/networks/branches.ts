import type { Feature, NetworkBuilder } from './network-builder.ts';
import { pairOf, type Sides, samePadding } from './window.ts';

/** A layer of a branch: a convolution, several convolutions of one value (a fork), or a pool. */
export type Step =
  | { readonly type: 'convolution'; readonly filters: number; readonly kernel: Sides; readonly stride: 1 | 2 }
  | { readonly type: 'fork'; readonly filters: number; readonly kernels: readonly Sides[] }
  | { readonly type: 'average pool' }
  | { readonly type: 'max pool' };

/** Layers that follow one another. The branches of a module read the same value; their outputs are concatenated. */
export type Branch = readonly Step[];

/** Keeps the height and width. */
export function convolution(filters: number, kernel: Sides): Step {
  return { type: 'convolution', filters, kernel, stride: 1 };
}

/** A 3×3 convolution with stride 2. */
export function halving(filters: number): Step {
  return { type: 'convolution', filters, kernel: 3, stride: 2 };
}

/** Convolutions of the same value, concatenated, with so many filters each. */
export function fork(filters: number, kernels: readonly Sides[]): Step {
  return { type: 'fork', filters, kernels };
}

/** The mean of 3×3 pixels without padding, as in TensorFlow, where the network was trained. Keeps the height and width. */
export const averagePool: Step = { type: 'average pool' };
/** The maximum of 3×3 pixels with stride 2. */
export const maxPool: Step = { type: 'max pool' };

export interface ModuleOptions {
  /**
   * Padding of layers with stride 2: 0 as in the paper, or 1, which halves the image exactly, for images so small that
   * the edge matters.
   * @default 0
   */
  readonly halvingPadding?: 0 | 1;
}

/** Adds a module. Step 2 of branch 3 is named `<name>/3.2_` and its window, such as `3x3`. */
function branchModule(
  net: NetworkBuilder,
  input: Feature,
  name: string,
  branches: readonly Branch[],
  { halvingPadding = 0 }: ModuleOptions = {},
): Feature {
  const outputs = branches.map((branch, index) =>
    branch.reduce(
      (feature, step, position) => addStep(net, feature, `${name}/${index + 1}.${position + 1}`, step, halvingPadding),
      input,
    ),
  );
  return net.concat(outputs, `${name}/output`);
}

function addStep(net: NetworkBuilder, input: Feature, name: string, step: Step, halvingPadding: 0 | 1): Feature {
  const same = (filters: number, kernel: Sides) =>
    net.convolution(input, `${name}_${pairOf(kernel).join('x')}`, filters, { kernel, padding: samePadding(kernel) });
  switch (step.type) {
    case 'convolution':
      return step.stride === 1
        ? same(step.filters, step.kernel)
        : net.convolution(input, `${name}_3x3_s2`, step.filters, { kernel: 3, stride: 2, padding: halvingPadding });
    case 'fork':
      return net.concat(
        step.kernels.map((kernel) => same(step.filters, kernel)),
        `${name}_fork`,
      );
    case 'average pool':
      return net.averagePool(input, `${name}_pool`, { kernel: 3, padding: 1, countsPadding: false });
    case 'max pool':
      return net.maxPool(input, `${name}_pool_s2`, { kernel: 3, stride: 2, padding: halvingPadding, rounding: 'down' });
  }
}

/** Adds modules one after another, by their names. */
export function stackModules(
  net: NetworkBuilder,
  input: Feature,
  modules: Readonly<Record<string, readonly Branch[]>>,
  options?: ModuleOptions,
): Feature {
  return Object.entries(modules).reduce(
    (feature, [name, branches]) => branchModule(net, feature, name, branches, options),
    input,
  );
}
