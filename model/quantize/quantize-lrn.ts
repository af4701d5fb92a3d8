import { getFloat, getInt, intAttribute, intsAttribute } from '../graph/attribute.ts';
import { makeNode } from '../graph/node.ts';
import { elementType } from '../onnx/element-type.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { divideByPower } from './divide-by-power.ts';
import { type QuantizedGraph, quantizationOf } from './quantized-graph.ts';

/** Maximum floats of one image per slice: with eight images, a slice and its results still fit into the CPU caches. */
const maxSliceFloats = 51_000;

/** True for the LRN that `quantizeLrn` supports: an odd number of channels, bias 1, exponent 3/4. */
export function isLrn(node: NodeProto): boolean {
  return (
    node.opType === 'LRN' &&
    getInt(node, 'size', 0) % 2 === 1 &&
    getFloat(node, 'beta', 0.75) === 0.75 &&
    getFloat(node, 'bias', 1) === 1
  );
}

/**
 * Local response normalization, x ÷ (1 + α · mean of x²)^¾ over `size` neighboring channels, from bytes to bytes.
 *
 * In channels-last layout the window is a run of neighbors in a row, so the mean is an average pool. Each pixel is a map of its own,
 * one row of channels: the pool of the x86 runtime averages 16 maps at once. With x = s · b for
 * bytes b and k = α·s², the result is s·k^-¾ · b ÷ (1/k + mean of b²)^¾: the bytes are used unscaled, and the factor in
 * front is folded into the scale of the output. See `divideByPower` for the power. The map is processed in slices, because the
 * cost of each step is memory traffic.
 */
export function quantizeLrn(graph: QuantizedGraph, node: NodeProto): void {
  const [input = ''] = node.input;
  const [output = ''] = node.output;
  const size = getInt(node, 'size', 5);
  const [channels = 1, height = 1, width = 1] = graph.observation(input).shape;
  const from = graph.quantized(input);
  const to = quantizationOf(graph.observation(output));
  const factor = getFloat(node, 'alpha', 1e-4) * from.scale ** 2;
  const pixels = height * width;
  const slices = slicesOf(pixels, pixels * channels);
  const name = (suffix: string) => graph.fresh(`${output}_${suffix}`);
  const maps = graph.reshape(from.name, [0, pixels, 1, channels], name('maps'));
  const least = graph.constant(name('least'), [], Float32Array.of(1 / factor));
  const window = [
    intsAttribute('kernel_shape', [1, size]),
    intsAttribute('pads', [0, size >> 1, 0, size >> 1]),
    intAttribute('count_include_pad', 1),
  ];
  const normalized = split(graph, maps, { slices, pixels }, name).map((slice) => {
    const x = centered(graph, slice, from.zeroPoint, name);
    const squares = graph.add('Mul', [x, x], name('squares'));
    const mean = graph.add('AveragePool', [squares], name('mean'), { attributes: window });
    const y = graph.add('Add', [mean, least], name('y'));
    const quotient = divideByPower(graph, { x, y, min: 1 / factor }, name);
    const scale = (to.scale / from.scale) * factor ** 0.75 * quotient.factor;
    const bytes = [quotient.name, graph.scale(scale), graph.zeroPoint(to.zeroPoint)];
    return graph.add('QuantizeLinear', bytes, name('bytes'));
  });
  const [only = ''] = normalized;
  const result =
    normalized.length === 1
      ? only
      : graph.add('Concat', normalized, name('joined'), { attributes: [intAttribute('axis', 1)] });
  graph.setQuantized(output, { name: graph.reshape(result, [0, height, width, channels], name('q')), ...to });
}

/** Bytes as floats, with the zero-point subtracted. */
function centered(graph: QuantizedGraph, bytes: string, zeroPoint: number, name: (suffix: string) => string): string {
  const attributes = [intAttribute('to', elementType.float)];
  const floats = graph.add('Cast', [bytes], name('x'), { attributes });
  if (zeroPoint === 0) return floats;
  const zero = graph.constant(graph.fresh('zero'), [], Float32Array.of(zeroPoint));
  return graph.add('Sub', [floats, zero], name('centred'));
}

/** The smallest number of slices of equally many pixels with at most `maxSliceFloats` each. */
function slicesOf(pixels: number, floats: number): number {
  for (let slices = 1; slices < pixels; slices += 1) {
    if (pixels % slices === 0 && floats / slices <= maxSliceFloats) return slices;
  }
  return pixels;
}

function split(
  graph: QuantizedGraph,
  value: string,
  { slices, pixels }: { slices: number; pixels: number },
  name: (suffix: string) => string,
): string[] {
  if (slices === 1) return [value];
  const outputs = Array.from({ length: slices }, () => name('part'));
  const axis = intAttribute('axis', 1);
  if (graph.source.opset < 13) graph.push(makeNode('Split', [value], outputs, { attributes: [axis] }));
  else {
    const sizes = graph.constant(name('sizes'), [slices], new BigInt64Array(slices).fill(BigInt(pixels / slices)));
    graph.push(makeNode('Split', [value, sizes], outputs, { attributes: [axis] }));
  }
  return outputs;
}
