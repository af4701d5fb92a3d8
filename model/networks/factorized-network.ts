import type { Graph } from '../graph/graph.ts';
import { type AuxiliaryOptions, batchNormAuxiliary } from './batch-norm-auxiliary.ts';
import { type Branch, type ModuleOptions, stackModules } from './branches.ts';
import type { Feature, NetworkBuilder } from './network-builder.ts';
import type { NetworkOptions } from './network-options.ts';

/** A network of factorized modules, by the names of its layers. */
export interface FactorizedNetwork {
  /** The modules before the output that the auxiliary classifier reads, and those after it. */
  readonly firstModules: Readonly<Record<string, readonly Branch[]>>;
  readonly lastModules: Readonly<Record<string, readonly Branch[]>>;
  /** Name of the global average before the classifier. */
  readonly pool: string;
  /** Name of the auxiliary output. */
  readonly auxiliary: string;
  readonly moduleOptions?: ModuleOptions;
  readonly auxiliaryFilters?: AuxiliaryOptions['filters'];
}

/**
 * The first layers of Inception-v2 and v3: three 3×3 convolutions and a pool, which make 73×73×64 of 299×299 pixels.
 * @param names of the four layers
 */
export function threeConvolutionStem(net: NetworkBuilder, names: readonly [string, string, string, string]): Feature {
  const [first, second, third, pool] = names;
  let x = net.convolution(net.image, first, 32, { kernel: 3, stride: 2 });
  x = net.convolution(x, second, 32, { kernel: 3 });
  x = net.convolution(x, third, 64, { kernel: 3, padding: 1 });
  return net.maxPool(x, pool, { kernel: 3, stride: 2, rounding: 'down' });
}

/** Adds the modules and the classifier, and the auxiliary classifier if there is one. */
export function factorizedNetwork(
  net: NetworkBuilder,
  input: Feature,
  { firstModules, lastModules, pool, moduleOptions, ...names }: FactorizedNetwork,
  { classes, auxiliary = false }: NetworkOptions,
): Graph {
  const middle = stackModules(net, input, firstModules, moduleOptions);
  const output = stackModules(net, middle, lastModules, moduleOptions);
  const embedding = net.globalAverage(output, pool);
  const probabilities = net.classifier(net.dropout(embedding, `${pool}/drop`, 0.2), 'logits', classes);
  if (!auxiliary) return net.graph({ probabilities, embedding });
  const filters = names.auxiliaryFilters === undefined ? {} : { filters: names.auxiliaryFilters };
  const head = batchNormAuxiliary(net, middle, 'auxiliary', { classes, ...filters });
  return net.graph({ probabilities, embedding, [names.auxiliary]: head });
}
