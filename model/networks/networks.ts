import { didYouMean } from '../../shared/failures/suggest.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Graph } from '../graph/graph.ts';
import { compactInception } from './compact-inception.ts';
import { compactInceptionV3 } from './compact-inception-v3.ts';
import { compactNetworkInNetwork } from './compact-network-in-network.ts';
import { compactResnet } from './compact-resnet.ts';
import { googlenet } from './googlenet.ts';
import { inceptionV2 } from './inception-v2.ts';
import { inceptionV3 } from './inception-v3.ts';
import { lenet5 } from './lenet5.ts';
import { networkInNetwork } from './network-in-network.ts';
import type { NetworkOptions } from './network-options.ts';

/** An architecture, with the defaults of its paper. */
export interface Network {
  readonly build: (options: NetworkOptions) => Graph;
  readonly classes: number;
  /** Height and width of the image, pixels. */
  readonly size: number;
  /** Height and width of the resized image from whose center `size` is cropped. */
  readonly resized: number;
  /** Whether it has auxiliary classifiers. */
  readonly hasAuxiliary: boolean;
  /** Whether its modules have a form without dimension reduction. */
  readonly hasNaiveModules: boolean;
  /** Whether the paper normalizes every convolution. */
  readonly batchNorm: boolean;
  /** The pixels that published weights of this network were trained on. */
  readonly publishedPixels: keyof typeof publishedPixels;
}

/** Mean (in RGB order), scale and color order of pixels. */
export const publishedPixels = {
  caffe: { mean: [123, 117, 104], scale: 1, order: 'BGR' },
  tensorflow: { mean: [127.5, 127.5, 127.5], scale: 1 / 127.5, order: 'RGB' },
} as const;

const modules = { hasAuxiliary: true, hasNaiveModules: true, batchNorm: false, publishedPixels: 'caffe' } as const;
const factorized = {
  hasAuxiliary: true,
  hasNaiveModules: false,
  batchNorm: true,
  publishedPixels: 'tensorflow',
} as const;
const layers = { hasAuxiliary: false, hasNaiveModules: false, batchNorm: false, publishedPixels: 'caffe' } as const;

/** By name on the command line. */
export const networks: Readonly<Record<string, Network>> = {
  googlenet: { build: googlenet, classes: 1000, size: 224, resized: 256, ...modules },
  'inception-v2': { build: inceptionV2, classes: 1000, size: 299, resized: 342, ...factorized },
  'inception-v3': { build: inceptionV3, classes: 1000, size: 299, resized: 342, ...factorized },
  'compact-inception': { build: compactInception, classes: 10, size: 28, resized: 28, ...modules },
  'compact-inception-v3': { build: compactInceptionV3, classes: 10, size: 28, resized: 28, ...factorized },
  'compact-resnet': { build: compactResnet, classes: 10, size: 28, resized: 28, ...layers, batchNorm: true },
  lenet5: { build: lenet5, classes: 10, size: 32, resized: 32, ...layers },
  'network-in-network': { build: networkInNetwork, classes: 1000, size: 224, resized: 256, ...layers },
  'compact-network-in-network': { build: compactNetworkInNetwork, classes: 10, size: 32, resized: 32, ...layers },
};

/** @throws {UserError} with the known names */
export function findNetwork(name: string): Network {
  const network = Object.hasOwn(networks, name) ? networks[name] : undefined;
  if (network === undefined) {
    const names = Object.keys(networks);
    throw new UserError(`unknown network ${name}${didYouMean(name, names)}: give one of ${names.join(', ')}`);
  }
  return network;
}
