import { getInt, getInts, getString, intAttribute, intsAttribute } from '../graph/attribute.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import type { QuantizedGraph } from './quantized-graph.ts';

/** True for a max-pool over maps without indices, its padding spelled out. */
export function isMaxPool(node: NodeProto): boolean {
  return isOperator(node, 'MaxPool') && node.output.length === 1 && getString(node, 'auto_pad', 'NOTSET') === 'NOTSET';
}

/** The largest byte is the largest number, so bytes keep their quantization. */
export function quantizeMaxPool(graph: QuantizedGraph, node: NodeProto): void {
  const [input = ''] = node.input;
  const [output = ''] = node.output;
  const { name: from, scale, zeroPoint } = graph.quantized(input);
  const name = graph.add('NhwcMaxPool', [from], graph.fresh(`${output}_q`), {
    own: true,
    attributes: [
      intsAttribute('kernel_shape', getInts(node, 'kernel_shape') ?? []),
      intsAttribute('strides', getInts(node, 'strides') ?? [1, 1]),
      intsAttribute('pads', getInts(node, 'pads') ?? [0, 0, 0, 0]),
      intsAttribute('dilations', getInts(node, 'dilations') ?? [1, 1]),
      intAttribute('ceil_mode', getInt(node, 'ceil_mode', 0)),
    ],
  });
  graph.setQuantized(output, { name, scale, zeroPoint });
}

/** True for the average of each whole map, be it a global pool or one whose kernel is as large as the map. */
export function isWholeMapAverage(node: NodeProto, graph: QuantizedGraph): boolean {
  if (isOperator(node, 'GlobalAveragePool')) return true;
  if (!isOperator(node, 'AveragePool') || getString(node, 'auto_pad', 'NOTSET') !== 'NOTSET') return false;
  const [, height, width] = graph.observations.get(node.input[0] ?? '')?.shape ?? [];
  const kernel = getInts(node, 'kernel_shape') ?? [];
  const padded = (getInts(node, 'pads') ?? []).some((pad) => pad !== 0);
  return !padded && kernel[0] === height && kernel[1] === width;
}

/** Averaged in float: the mean of many bytes is finer than a byte, and it is what becomes the embedding. */
export function averageWholeMap(graph: QuantizedGraph, node: NodeProto): void {
  const [input = ''] = node.input;
  const [output = ''] = node.output;
  const floats = graph.dequantized(input);
  const keep = intAttribute('keepdims', 0);
  const name = graph.fresh(`${output}_mean`);
  // The axes are an attribute before operator set 18, an input since.
  const mean =
    graph.source.opset < 18
      ? graph.add('ReduceMean', [floats], name, { attributes: [intsAttribute('axes', [1, 2]), keep] })
      : graph.add('ReduceMean', [floats, graph.constant(`${name}_axes`, [2], BigInt64Array.of(1n, 2n))], name, {
          attributes: [keep],
        });
  const shape = graph.constant(graph.fresh(`${output}_shape`), [4], BigInt64Array.of(0n, -1n, 1n, 1n));
  graph.add('Reshape', [mean, shape], output);
  graph.setFloat(output);
}
