import { getInt, getInts, getString, intAttribute, intsAttribute } from '../graph/attribute.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import type { Quantization, QuantizedGraph } from './quantized-graph.ts';

/** True for an average pool over rows and columns with explicit padding, of a map that is available as bytes. */
export function isAveragePool(node: NodeProto, graph: QuantizedGraph): boolean {
  const [input = ''] = node.input;
  const sizes = [input, node.output[0] ?? ''].map((name) => graph.observations.get(name)?.shape.length);
  const plain = (getInts(node, 'dilations') ?? []).every((step) => step === 1);
  return (
    isOperator(node, 'AveragePool') &&
    getString(node, 'auto_pad', 'NOTSET') === 'NOTSET' &&
    plain &&
    sizes.every((size) => size === 3) &&
    graph.isQuantized(input)
  );
}

/**
 * Averages bytes by a convolution of each channel with equal weights: the runtime's pool of bytes takes seven times as long.
 * Where a window reaches over the border and the padding does not count, a multiplication corrects the average.
 */
export function quantizeAveragePool(graph: QuantizedGraph, node: NodeProto, output: string, to: Quantization): void {
  const [input = ''] = node.input;
  const from = graph.quantized(input);
  const [channels = 0, height = 0, width = 0] = graph.observation(input).shape;
  const [, rows = 0, columns = 0] = graph.observation(node.output[0] ?? '').shape;
  const window = windowOf(node);
  const axes = [axisOf({ ...window, axis: 0 }, height, rows), axisOf({ ...window, axis: 1 }, width, columns)] as const;
  const [vertical, horizontal] = axes;
  const area = vertical.kernel * horizontal.kernel;
  const name = (suffix: string) => graph.fresh(`${output}_${suffix}`);
  const weights = [
    graph.constant(
      name('ones'),
      [channels, 1, vertical.kernel, horizontal.kernel],
      new Int8Array(channels * area).fill(1),
    ),
    graph.constant(name('share'), [], Float32Array.of(1 / area)),
    graph.constant(name('ones_zero'), [], new Int8Array(1)),
  ];
  const quantization = [graph.scale(to.scale), graph.zeroPoint(to.zeroPoint)];
  const inputs = [from.name, graph.scale(from.scale), graph.zeroPoint(from.zeroPoint), ...weights, ...quantization];
  const sum = graph.add('QLinearConv', inputs, name('q'), {
    runtimeOnly: true,
    attributes: [
      intAttribute('channels_last', 1),
      intAttribute('group', channels),
      intsAttribute('kernel_shape', [vertical.kernel, horizontal.kernel]),
      intsAttribute('strides', [vertical.stride, horizontal.stride]),
      intsAttribute('pads', [vertical.start, horizontal.start, vertical.end, horizontal.end]),
    ],
  });
  const corrections = vertical.counts.flatMap((down) => horizontal.counts.map((across) => area / (down * across)));
  if (corrections.every((factor) => factor === 1)) {
    graph.setQuantized(output, { name: sum, ...to });
    return;
  }
  const steps = stepsOfOne(corrections);
  const bytes = Uint8Array.from(corrections, (factor) => Math.round(factor * steps));
  const map = [
    graph.constant(name('border'), [1, rows, columns, 1], bytes),
    graph.scale(1 / steps),
    graph.zeroPoint(0),
  ];
  const corrected = graph.add('QLinearMul', [sum, ...quantization, ...map, ...quantization], name('corrected'), {
    runtimeOnly: true,
  });
  graph.setQuantized(output, { name: corrected, ...to });
}

interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly countsPadding: boolean;
}

function windowOf(node: NodeProto): Window {
  return {
    kernel: getInts(node, 'kernel_shape') ?? [],
    strides: getInts(node, 'strides') ?? [1, 1],
    pads: getInts(node, 'pads') ?? [0, 0, 0, 0],
    countsPadding: getInt(node, 'count_include_pad', 0) === 1,
  };
}

/** The windows along one axis, and how many pixels each of them counts. */
function axisOf(
  { kernel, strides, pads, countsPadding, axis }: Window & { axis: 0 | 1 },
  size: number,
  outputs: number,
) {
  const length = kernel[axis] ?? 1;
  const stride = strides[axis] ?? 1;
  const start = pads[axis] ?? 0;
  const stated = pads[axis + 2] ?? 0;
  // With ceil_mode, the last window reaches over the padding; that part never counts.
  const end = Math.max(stated, (outputs - 1) * stride + length - start - size);
  const [low, high] = countsPadding ? [-start, size + stated] : [0, size];
  const counts = Array.from({ length: outputs }, (_, index) => {
    const first = index * stride - start;
    return Math.min(first + length, high) - Math.max(first, low);
  });
  return { kernel: length, stride, start, end, counts };
}

/** In how many steps a byte divides 1, so that it holds all factors: exactly if possible. */
function stepsOfOne(factors: readonly number[]): number {
  const most = Math.floor(255 / Math.max(...factors));
  for (let steps = 1; steps <= most; steps += 1) {
    if (factors.every((factor) => Math.abs(factor * steps - Math.round(factor * steps)) < 1e-9)) return steps;
  }
  return most;
}
