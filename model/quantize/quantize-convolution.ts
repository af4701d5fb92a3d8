import { getInt, getInts, getString, intAttribute, intsAttribute } from '../graph/attribute.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { floatData, tensorShape } from '../onnx/tensor.ts';
import { foldPixels, type PixelInput, pixelMeans } from './fold-pixels.ts';
import { type Geometry, groupColumns } from './group-columns.ts';
import type { Quantization, QuantizedGraph } from './quantized-graph.ts';
import { meanRoundingErrors, type RoundedWeights } from './rounding-error.ts';

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
 * bias, channels-last uint8 input and output. If calibration averaged the input, the bias also corrects the mean error of the
 * rounded weights.
 *
 * @param pixels given if the input is computed from the pixels, see `foldPixels`
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
  const biasTensor = graph.source.initializers.get(biasName);
  const float = {
    shape: tensorShape(tensor),
    weights: floatData(tensor),
    bias: biasTensor ? floatData(biasTensor) : new Float32Array(tensorShape(tensor)[0] ?? 0),
  };
  const folded = pixels ? foldPixels(float, pixels) : float;
  const { shape } = folded;
  const rounded = roundWeights(folded.weights, folded.bias, from.scale);
  const { weights, scales } = rounded;
  const groups = getInt(node, 'group', 1);
  const { channelMeans } = graph.observation(input);
  const means = pixels && channelMeans ? pixelMeans(channelMeans, pixels) : channelMeans;
  const errors = means && meanRoundingErrors(folded, rounded, { means, groups });
  const bias = Int32Array.from(folded.bias, (value, filter) =>
    Math.round((value + (errors?.[filter] ?? 0)) / ((scales[filter] ?? 1) * from.scale)),
  );
  const own = { convolution: { shape, weights, scales, bias }, geometry: geometryOf(node) };
  const [, height = 0, width = 0] = graph.observation(input).shape;
  const grouped = pixels && groupColumns(own.convolution, own.geometry, { height, width });
  const { convolution, geometry } = grouped ?? own;
  const filters = convolution.scales.length;
  const name = (suffix: string) => graph.fresh(`${output}_${suffix}`);
  const inputs = [
    grouped ? graph.reshape(from.name, grouped.inputShape, name('groups')) : from.name,
    ...[graph.scale(from.scale), graph.zeroPoint(from.zeroPoint)],
    graph.constant(name('weights'), convolution.shape, convolution.weights),
    graph.constant(name('weight_scales'), [filters], convolution.scales),
    graph.constant(name('weight_zeros'), [filters], new Int8Array(filters)),
    ...[graph.scale(quantization.scale), graph.zeroPoint(quantization.zeroPoint)],
    graph.constant(name('bias'), [filters], convolution.bias),
  ];
  const attributes = [
    intAttribute('channels_last', 1),
    intAttribute('group', groups),
    intsAttribute('kernel_shape', convolution.shape.slice(2)),
    intsAttribute('strides', geometry.strides),
    intsAttribute('dilations', geometry.dilations),
    intsAttribute('pads', geometry.pads),
  ];
  const result = graph.add('QLinearConv', inputs, name('q'), { runtimeOnly: true, attributes });
  const bytes = grouped ? graph.reshape(result, grouped.outputShape, name('map')) : result;
  graph.setQuantized(output, { name: bytes, ...quantization });
}

function geometryOf(node: NodeProto): Geometry {
  return {
    strides: getInts(node, 'strides') ?? [1, 1],
    dilations: getInts(node, 'dilations') ?? [1, 1],
    pads: getInts(node, 'pads') ?? [0, 0, 0, 0],
  };
}

/** Rounds each filter to −127…127 of its largest weight. */
function roundWeights(source: Float32Array, sourceBias: Float32Array, inputScale: number): RoundedWeights {
  const filters = sourceBias.length;
  const size = source.length / filters;
  const weights = new Int8Array(source.length);
  const scales = new Float32Array(filters);
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
  }
  return { weights, scales };
}
