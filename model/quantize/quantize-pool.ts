import { getInt, getInts, getString, intAttribute, intsAttribute } from '../graph/attribute.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import type { QuantizedGraph } from './quantized-graph.ts';

/** True for a max pool with explicit padding and no index output. */
export function isMaxPool(node: NodeProto): boolean {
  return isOperator(node, 'MaxPool') && node.output.length === 1 && getString(node, 'auto_pad', 'NOTSET') === 'NOTSET';
}

/** Rounding preserves order, so the pool works on bytes and keeps their quantization. */
export function quantizeMaxPool(graph: QuantizedGraph, node: NodeProto): void {
  const [input = ''] = node.input;
  const [output = ''] = node.output;
  const { name: from, scale, zeroPoint } = graph.quantized(input);
  const name = graph.add('NhwcMaxPool', [from], graph.fresh(`${output}_q`), {
    runtimeOnly: true,
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

/** True for an average over each whole map: a global pool, or a pool whose kernel is as large as the map. */
export function isWholeMapAverage(node: NodeProto, graph: QuantizedGraph): boolean {
  if (isOperator(node, 'GlobalAveragePool')) return true;
  if (!isOperator(node, 'AveragePool') || getString(node, 'auto_pad', 'NOTSET') !== 'NOTSET') return false;
  const [, height, width] = graph.observations.get(node.input[0] ?? '')?.shape ?? [];
  const kernel = getInts(node, 'kernel_shape') ?? [];
  const padded = (getInts(node, 'pads') ?? []).some((pad) => pad !== 0);
  return !padded && kernel[0] === height && kernel[1] === width;
}

/** Averages in float: the mean of many bytes needs more than 8 bits, and it becomes the embedding. */
export function averageWholeMap(graph: QuantizedGraph, node: NodeProto): void {
  const [input = ''] = node.input;
  const [output = ''] = node.output;
  const floats = graph.dequantized(input);
  const keep = intAttribute('keepdims', 0);
  const name = graph.fresh(`${output}_mean`);
  // Since operator set 18 the axes are an input instead of an attribute.
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
