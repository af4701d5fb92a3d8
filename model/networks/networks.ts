import { UserError } from '../../shared/failures/user-error.ts';
import type { Graph } from '../graph/graph.ts';
import { compactInception } from './compact-inception.ts';
import { googlenet } from './googlenet.ts';
import { lenet5 } from './lenet5.ts';
import { networkInNetwork } from './network-in-network.ts';
import type { NetworkOptions } from './network-options.ts';

/** A network that can be built, with what its paper chose. */
export interface Network {
  readonly build: (options: NetworkOptions) => Graph;
  readonly classes: number;
  /** Height and width of the image, pixels. */
  readonly size: number;
  /** Height and width of the resized image whose centre `size` is. */
  readonly resized: number;
  /** True where inception modules and auxiliary classifiers can be chosen. */
  readonly hasModules: boolean;
}

/** Networks by the name that the command line takes. */
export const networks: Readonly<Record<string, Network>> = {
  googlenet: { build: googlenet, classes: 1000, size: 224, resized: 256, hasModules: true },
  'compact-inception': { build: compactInception, classes: 10, size: 28, resized: 28, hasModules: true },
  lenet5: { build: lenet5, classes: 10, size: 32, resized: 32, hasModules: false },
  'network-in-network': { build: networkInNetwork, classes: 1000, size: 224, resized: 256, hasModules: false },
};

/** @throws {UserError} listing the known names. */
export function findNetwork(name: string): Network {
  const network = Object.hasOwn(networks, name) ? networks[name] : undefined;
  if (network === undefined) {
    throw new UserError(`unknown network ${name}: expected one of ${Object.keys(networks).join(', ')}`);
  }
  return network;
}
