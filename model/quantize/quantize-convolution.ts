import { getInt, getInts, getString, intAttribute, intsAttribute } from '../graph/attribute.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { floatData, tensorShape } from '../onnx/tensor.ts';
import type { Quantization, QuantizedGraph, QuantizedValue } from './quantized-graph.ts';

/** The image itself as the input of a convolution: value = scale × (pixel − mean) per channel. */
export interface PixelInput {
  readonly image: QuantizedValue;
  readonly mean: readonly number[];
  readonly scale: readonly number[];
}

/** True for a 2-D convolution with constant weights and explicit padding. */
export function isConvolution(node: NodeProto, { source }: QuantizedGraph): boolean {
  const [, weights = '', bias = ''] = node.input;
  const tensor = source.initializers.get(weights);
  if (!isOperator(node, 'Conv') || tensor === undefined || tensorShape(tensor).length !== 4) return false;
  if (getString(node, 'auto_pad', 'NOTSET') !== 'NOTSET') return false;
  return bias === '' || source.initializers.has(bias);
}

/**
 * Replaces a convolution and the activation after it by one int8 kernel: symmetric int8 weights per output channel, int32
 * bias, channels-last uint8 input and output.
 *
 * @param pixels given if the input is the image; its means and scales are folded into weights and bias. That is exact
 *   except at the border, where the padding is the common zero-point instead of each channel's mean.
 */
export function quantizeConvolution(
  graph: QuantizedGraph,
  node: NodeProto,
  output: string,
  quantization: Quantization,
  pixels?: PixelInput,
): void {
  const [input = '', weightName = '', biasName = ''] = node.input;
  const from = pixels ? pixels.image : graph.quantized(input);
  const tensor = graph.source.initializers.get(weightName);
  if (tensor === undefined) throw new Error(`no weights ${weightName}`);
  const shape = tensorShape(tensor);
  const biasTensor = graph.source.initializers.get(biasName);
  const folded = foldPixels(floatData(tensor), shape, biasTensor && floatData(biasTensor), pixels);
  const { weights, scales, bias } = roundWeights(folded.weights, folded.bias, from.scale);
  const filters = bias.length;
  const name = (suffix: string) => graph.fresh(`${output}_${suffix}`);
  const inputs = [
    ...[from.name, graph.scale(from.scale), graph.zeroPoint(from.zeroPoint)],
    graph.constant(name('weights'), shape, weights),
    graph.constant(name('weight_scales'), [filters], scales),
    graph.constant(name('weight_zeros'), [filters], new Int8Array(filters)),
    ...[graph.scale(quantization.scale), graph.zeroPoint(quantization.zeroPoint)],
    graph.constant(name('bias'), [filters], bias),
  ];
  const attributes = [
    intAttribute('channels_last', 1),
    intAttribute('group', getInt(node, 'group', 1)),
    intsAttribute('kernel_shape', shape.slice(2)),
    intsAttribute('strides', getInts(node, 'strides') ?? [1, 1]),
    intsAttribute('dilations', getInts(node, 'dilations') ?? [1, 1]),
    intsAttribute('pads', getInts(node, 'pads') ?? [0, 0, 0, 0]),
  ];
  const result = graph.add('QLinearConv', inputs, name('q'), { runtimeOnly: true, attributes });
  graph.setQuantized(output, { name: result, ...quantization });
}

/** Σ w·scale·(pixel − mean) = Σ w·scale·(pixel − zeroPoint) + Σ w·scale·(zeroPoint − mean). */
function foldPixels(
  source: Float32Array,
  [filters = 0, channels = 0, ...kernel]: readonly number[],
  bias: Float32Array | undefined,
  pixels: PixelInput | undefined,
): { weights: Float32Array; bias: Float32Array } {
  const sums = Float32Array.from({ length: filters }, (_, filter) => bias?.[filter] ?? 0);
  if (pixels === undefined) return { weights: source, bias: sums };
  const area = kernel.reduce((product, size) => product * size, 1);
  const weights = source.map((weight, index) => {
    const channel = Math.floor(index / area) % channels;
    return weight * (pixels.scale[channel] ?? 1);
  });
  for (const [index, weight] of weights.entries()) {
    const channel = Math.floor(index / area) % channels;
    const filter = Math.floor(index / (area * channels));
    sums[filter] = (sums[filter] ?? 0) + weight * (pixels.image.zeroPoint - (pixels.mean[channel] ?? 0));
  }
  return { weights, bias: sums };
}

/** Rounds each filter to −127…127 of its largest weight, and the bias to the scale of the products. */
function roundWeights(source: Float32Array, sourceBias: Float32Array, inputScale: number) {
  const filters = sourceBias.length;
  const size = source.length / filters;
  const weights = new Int8Array(source.length);
  const scales = new Float32Array(filters);
  const bias = new Int32Array(filters);
  for (let filter = 0; filter < filters; filter += 1) {
    const filterWeights = source.subarray(filter * size, (filter + 1) * size);
    const largest = filterWeights.reduce((max, weight) => Math.max(max, Math.abs(weight)), 0);
    // Large enough for the bias too, which is stored in 32 bits at the scale of the products.
    const scale = Math.max(largest / 127, Math.abs(sourceBias[filter] ?? 0) / (inputScale * 2 ** 30)) || 1;
    scales[filter] = scale;
    weights.set(
      filterWeights.map((weight) => Math.round(weight / scale)),
      filter * size,
    );
    bias[filter] = Math.round((sourceBias[filter] ?? 0) / (scale * inputScale));
  }
  return { weights, scales, bias };
}
