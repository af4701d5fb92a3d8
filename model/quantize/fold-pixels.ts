import { getInt, getInts } from '../graph/attribute.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import type { PixelAffine } from '../passes/pixel-affine.ts';
import type { QuantizedValue } from './quantized-graph.ts';

/** The image itself as the input of a convolution, whose float input is affine in the pixels. */
export interface PixelInput {
  readonly image: QuantizedValue;
  readonly affine: PixelAffine;
}

interface FloatConvolution {
  /** [filters, channels, height, width] */
  readonly shape: readonly number[];
  readonly weights: Float32Array;
  /** One number per filter. */
  readonly bias: Float32Array;
}

/**
 * Bytes by which a channel's mean may differ from the zero-point, if the convolution pads: the means of published networks
 * differ by about 10 from their average.
 */
const maxPaddingError = 32;

/**
 * The image as the input of a convolution that reads a value affine in its pixels.
 *
 * A kernel has one zero-point for all channels: the byte nearest to the average of their means, the pixels whose value is 0.
 * @param image name of the uint8 input
 * @returns undefined if the convolution cannot read the image: the value has another layout, groups of other
 *   channels, or the padding would be too far from the pixels whose value is 0
 */
export function pixelInputOf(node: NodeProto, affine: PixelAffine | undefined, image: string): PixelInput | undefined {
  if (affine?.axis !== 1 || affine.rank !== 4) return undefined;
  const isPlain = affine.channels.length === 3 && affine.channels.every(({ source }, channel) => source === channel);
  if (getInt(node, 'group', 1) !== 1 && !isPlain) return undefined;
  const means = affine.channels.flatMap(({ factor, offset }) => (factor === 0 ? [] : [-offset / factor]));
  const mean = means.reduce((sum, value) => sum + value, 0) / Math.max(1, means.length);
  const zeroPoint = Math.min(Math.max(Math.round(mean), 0), 255);
  const isPadded = (getInts(node, 'pads') ?? []).some((pad) => pad !== 0);
  const isFar =
    means.some((each) => Math.abs(each - zeroPoint) > maxPaddingError) ||
    affine.channels.some(({ factor, offset }) => factor === 0 && offset !== 0);
  if (isPadded && isFar) return undefined;
  return { image: { name: image, scale: 1, zeroPoint }, affine };
}

/**
 * Folds the arithmetic on the pixels into weights and bias: Σ w·(f·pixel + o) = Σ w·f·(pixel − z) + Σ w·(f·z + o) for the
 * zero-point z. Exact except at the border, where the padding is the common zero-point instead of each channel's mean, at most
 * `maxPaddingError` away.
 */
export function foldPixels(
  { shape, weights, bias }: FloatConvolution,
  { image, affine }: PixelInput,
): FloatConvolution {
  const [filters = 0, depth = 0, ...kernel] = shape;
  const area = kernel.reduce((product, size) => product * size, 1);
  // With groups, a filter reads some of the channels, which are then in the order of the image.
  const grouped = depth < affine.channels.length;
  const colors = grouped ? depth : 3;
  const folded = new Float32Array(filters * colors * area);
  const sums = Float32Array.from(bias);
  for (const [index, weight] of weights.entries()) {
    const filter = Math.floor(index / (area * depth));
    const slot = Math.floor(index / area) % depth;
    const channel = grouped ? Math.floor((filter * affine.channels.length) / filters / depth) * depth + slot : slot;
    const { source, factor, offset } = affine.channels[channel] ?? { source: 0, factor: 0, offset: 0 };
    const target = (filter * colors + (grouped ? slot : source)) * area + (index % area);
    folded[target] = (folded[target] ?? 0) + weight * factor;
    sums[filter] = (sums[filter] ?? 0) + weight * (factor * image.zeroPoint + offset);
  }
  return { shape: [filters, colors, ...kernel], weights: folded, bias: sums };
}

/**
 * The means of the image's channels, less their zero-point, from those of a value affine in its pixels.
 * @returns 3 numbers; 0 for a channel that the value does not depend on
 */
export function pixelMeans(channelMeans: readonly number[], { image, affine }: PixelInput): number[] {
  const means = [0, 0, 0];
  for (const [channel, { source, factor, offset }] of affine.channels.entries()) {
    if (factor !== 0) means[source] = ((channelMeans[channel] ?? 0) - offset) / factor - image.zeroPoint;
  }
  return means;
}
