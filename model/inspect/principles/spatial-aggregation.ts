import type { MapPath, PathLayer } from './blocks.ts';
import { type Check, checkOf, type Finding, percent } from './finding.ts';

/** Half of them are 16, the narrowest reduction of GoogLeNet. */
const maxUnreduced = 32;
/** A reduction that saves less of the network's multiply-adds is not worth a layer. */
const maxSaving = 0.01;
/** Below this kernel, two 3×3 convolutions cover more pixels and cost as much. */
const factorizable = 5;
/** Grids on which the paper factorizes into 1×n and n×1 (section 3.2); on larger ones into 3×3. */
const asymmetricGrids = [12, 20] as const;

/**
 * Principle 3: spatial aggregation can be done over lower dimensional embeddings. A convolution of several pixels reads the
 * output of a 1×1 convolution with fewer channels; a large one is several small ones.
 */
export function checkSpatialAggregation({ blocks }: MapPath): Check[] {
  const layers = blocks.flatMap((block) => block.layers);
  const producers = new Map(layers.flatMap((layer) => layer.layer.outputs.map((value) => [value, layer] as const)));
  const total = layers.reduce((sum, { layer }) => sum + layer.multiplyAdds, 0);
  return [
    checkOf(
      { principle: 3, name: 'multiply-adds saved by a 1×1 reduction', limit: maxSaving, finding: 'above' },
      layers.flatMap((layer) => savingByReduction(layer, producers, total)),
    ),
    checkOf(
      { principle: 3, name: 'cost of large kernels over factorized ones', limit: 1, finding: 'above' },
      layers.flatMap((layer) => gainByFactorizing(layer, producers)),
    ),
  ];
}

type Producers = ReadonlyMap<string, PathLayer>;

/** The share of the network's multiply-adds that a 1×1 convolution to half of the channels would save. */
function savingByReduction({ layer, convolution }: PathLayer, producers: Producers, total: number): Finding[] {
  if (convolution === undefined || convolution.groups > 1) return [];
  const { kernel, channels } = convolution;
  const [height, width] = kernel;
  const input = producers.get(layer.inputs[0] ?? '');
  if (height * width === 1 || channels <= maxUnreduced || isReduced(channels, input, producers)) return [];
  const [, , inputHeight = 1, inputWidth = 1] = input?.layer.shape ?? layer.shape;
  const half = channels / 2;
  const saved = layer.multiplyAdds / 2 - inputHeight * inputWidth * channels * half;
  return [
    {
      layers: [layer.name],
      value: saved / total,
      detail: `${height}×${width} on ${channels} channels, ${percent(layer.multiplyAdds / total)} of the multiply-adds`,
    },
  ];
}

/** Whether there is a 1×1 convolution from more channels than these before it, on a path without branches. */
function isReduced(channels: number, input: PathLayer | undefined, producers: Producers): boolean {
  for (let before = input; before !== undefined; before = producers.get(before.layer.inputs[0] ?? '')) {
    const { layer, convolution } = before;
    if (layer.inputs.length !== 1) return false;
    const isReduction = convolution?.kernel.every((size) => size === 1) ?? false;
    if (isReduction && convolution !== undefined) return channels < convolution.channels * convolution.groups;
  }
  return false;
}

/** How many times as much a large convolution costs as small ones over the same pixels. */
function gainByFactorizing({ layer, convolution }: PathLayer, producers: Producers): Finding[] {
  const [, , height = 1, width = 1] = layer.shape;
  const isStrided = layer.window?.strides.some((stride) => stride !== 1) ?? false;
  const readsMap = producers.has(layer.inputs[0] ?? '');
  if (convolution === undefined || convolution.groups > 1 || isStrided || !readsMap || height * width === 1) return [];
  const { kernel, channels, filters } = convolution;
  const [size] = kernel;
  if (size < factorizable || size % 2 === 0 || kernel[1] !== size) return [];
  const between = Math.min(channels, filters);
  const isMedium = height >= asymmetricGrids[0] && height <= asymmetricGrids[1];
  const pairs = (size - 1) / 2;
  const small = isMedium
    ? size * between * (channels + filters)
    : 9 * between * (channels + (pairs - 2) * between + filters);
  return [
    {
      layers: [layer.name],
      value: (size * size * channels * filters) / small,
      detail: `${size}×${size} as ${isMedium ? `layers of 1×${size} and ${size}×1` : `${pairs} layers of 3×3`}`,
    },
  ];
}
