import { didYouMean } from '../../shared/failures/suggest.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Graph } from '../graph/graph.ts';
import { compactInception } from './compact-inception.ts';
import { googlenet } from './googlenet.ts';
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
  /** True for inception networks, which support `modules` and `auxiliary`. */
  readonly hasModules: boolean;
}

/** By name on the command line. */
export const networks: Readonly<Record<string, Network>> = {
  googlenet: { build: googlenet, classes: 1000, size: 224, resized: 256, hasModules: true },
  'compact-inception': { build: compactInception, classes: 10, size: 28, resized: 28, hasModules: true },
  lenet5: { build: lenet5, classes: 10, size: 32, resized: 32, hasModules: false },
  'network-in-network': { build: networkInNetwork, classes: 1000, size: 224, resized: 256, hasModules: false },
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
