import type { Feature, NetworkBuilder } from './network-builder.ts';

/** Side of the pool's window, and of the largest map that the second convolution covers. */
const poolKernel = 5;

export interface AuxiliaryOptions {
  readonly classes: number;
  /** Of the 1×1 convolution, and of the one over what the pool leaves. */
  readonly filters?: readonly [reduced: number, units: number];
}

/**
 * The batch-normalized auxiliary classifier of Inception-v3, for training: an average pool, a 1×1 convolution, a convolution
 * over the whole remaining map, which takes the place of GoogLeNet's hidden layer (5×5 pixels for an image of 299×299), and
 * a linear layer. Larger maps are averaged; for smaller maps, the windows shrink.
 */
export function batchNormAuxiliary(
  net: NetworkBuilder,
  input: Feature,
  name: string,
  { classes, filters: [reduced, units] = [128, 768] }: AuxiliaryOptions,
): Feature {
  const kernel = Math.min(poolKernel, shortestSide(input));
  const means = net.averagePool(input, `${name}/pool`, { kernel, stride: 3 });
  const projected = net.convolution(means, `${name}/reduce`, reduced, { kernel: 1 });
  const side = Math.min(poolKernel, shortestSide(projected));
  const hidden = net.convolution(projected, `${name}/hidden`, units, { kernel: side });
  return net.classifier(net.globalAverage(hidden, `${name}/mean`), `${name}/logits`, classes);
}

function shortestSide({ shape }: Feature): number {
  return Math.min(...shape.slice(1));
}
