import { getInt, getInts } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { elementCount } from '../onnx/tensor.ts';
import { batchNormStatistics } from './count-parameters.ts';
import { dependsOn } from './depends-on.ts';
import { imageField, type ReceptiveField, receptiveFieldAfter } from './receptive-field.ts';
import type { ValueShapes } from './value-shapes.ts';

/** A node that depends on the image, measured for one image. */
export interface Layer {
  /** Its name, or the name of its first output. */
  readonly name: string;
  /** With its domain if that is not the default one. */
  readonly operator: string;
  /** Names of its inputs that depend on the image. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Shape of its first output, batch first. */
  readonly shape: readonly number[];
  /** Of a convolution or pool, height then width. */
  readonly window?: { readonly kernel: readonly number[]; readonly strides: readonly number[] };
  /** True if it multiplies by constants, except colors. Only such layers count for the depth. */
  readonly isWeighted: boolean;
  /** Present if it only computes colors from the color of each pixel, before the first layer of the network. */
  readonly isColor?: true;
  /** Layers with weights on the longest path from the image, including this one. */
  readonly depth: number;
  /** Number of trainable weights. Shared weights count in the first layer that reads them. */
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** Height and width in pixels; absent if unknown. */
  readonly receptiveField?: readonly [number, number];
}

/** Index of the weights among the inputs, for operators that multiply and add. */
const weightInput: Readonly<Record<string, number>> = {
  Conv: 1,
  ConvInteger: 1,
  ConvTranspose: 1,
  Gemm: 1,
  MatMul: 1,
  MatMulInteger: 1,
  QLinearConv: 3,
  QLinearMatMul: 3,
};

/** Operators whose constants are settings and not parameters. */
const withSettings = [
  ...['QuantizeLinear', 'DequantizeLinear', 'Clip', 'Dropout', 'Pad', 'Pow', 'Resize', 'Upsample'],
] as const;
/** Indices of weights and biases among the inputs of quantized operators, next to scales and zero points. */
const quantizedParameters: Readonly<Record<string, readonly number[]>> = {
  QLinearConv: [3, 8],
  QLinearMatMul: [3],
  ConvInteger: [1],
  MatMulInteger: [1],
};

/**
 * Measures all nodes that depend on the image, in the graph's order. Computed weights, such as dequantized ones, count
 * with the number of elements that the layer reads.
 */
export function measureLayers(graph: Graph, values: ValueShapes): Layer[] {
  const { image, shapes } = values;
  const computed = dependsOn(graph, image.name);
  const constants = parameterSizes(graph, computed, values);
  const counted = new Set<string>();
  const depths = new Map<string, number>();
  const fields = new Map<string, ReceptiveField>([[image.name, imageField]]);
  const shapeOf = (value: string) => shapes.get(value) ?? [];
  return graph.nodes
    .filter(({ output }) => output.some((value) => computed.has(value)))
    .map((node) => {
      const inputs = node.input.filter((value) => computed.has(value));
      const parameters = new Set(node.input.filter((value) => constants.has(value) && !counted.has(value)));
      for (const value of parameters) counted.add(value);
      const shape = shapeOf(node.output[0] ?? '');
      const weights = node.input[weightInput[node.opType] ?? -1] ?? '';
      const kernel =
        getInts(node, 'kernel_shape') ?? (isOperator(node, 'Conv') ? shapeOf(weights).slice(2) : undefined);
      const multiplyAdds = isStandard(node) ? multiplyAddsOf(node, shapeOf, weights) : 0;
      const isWeighted = multiplyAdds > 0 && node.input.some((value) => constants.has(value));
      const depth = Math.max(0, ...inputs.map((value) => depths.get(value) ?? 0)) + (isWeighted ? 1 : 0);
      const field = receptiveFieldAfter(
        node,
        inputs.map((value) => fields.get(value)),
        { shape: shapeOf(inputs[0] ?? ''), weights: shapeOf(weights), output: shape },
      );
      for (const value of node.output) {
        depths.set(value, depth);
        fields.set(value, field);
      }
      return {
        name: node.name === '' ? (node.output[0] ?? '') : node.name,
        operator: isStandard(node) ? node.opType : `${node.domain}.${node.opType}`,
        inputs,
        outputs: node.output.filter((value) => value !== ''),
        shape,
        ...(kernel === undefined
          ? {}
          : { window: { kernel, strides: getInts(node, 'strides') ?? kernel.map(() => 1) } }),
        isWeighted,
        depth,
        parameters: Array.from(parameters).reduce((sum, value) => sum + (constants.get(value) ?? 0), 0),
        multiplyAdds,
        ...(field === undefined ? {} : { receptiveField: [field[0].size, field[1].size] as const }),
      };
    });
}

function isStandard(node: NodeProto): boolean {
  return isOperator(node, node.opType);
}

/** Each output element of a convolution or matrix product sums one product per input of its weights. */
function multiplyAddsOf(node: NodeProto, shapeOf: (value: string) => readonly number[], weights: string): number {
  const shape = shapeOf(weights);
  const outputs = elementCount(shapeOf(node.output[0] ?? ''));
  switch (node.opType) {
    case 'Conv':
    case 'ConvInteger':
    case 'QLinearConv':
      return outputs * elementCount(shape.slice(1));
    case 'ConvTranspose':
      return elementCount(shapeOf(node.input[0] ?? '')) * elementCount(shape.slice(1));
    case 'Gemm':
      return outputs * (shape[getInt(node, 'transB', 0) === 1 ? 1 : 0] ?? 0);
    case 'MatMul':
    case 'MatMulInteger':
    case 'QLinearMatMul':
      return outputs * (shape.at(-2) ?? shape[0] ?? 0);
    default:
      return 0;
  }
}

/**
 * Sizes of the constants that nodes read as parameters: floating-point numbers, or integers in quantized operators. A
 * Constant node counts only if it is the weights of a product; other Constant nodes are fixed numbers such as a mean.
 */
function parameterSizes(
  graph: Graph,
  computed: ReadonlySet<string>,
  { shapes, floating }: ValueShapes,
): ReadonlyMap<string, number> {
  const statistics = batchNormStatistics(graph);
  const constants = new Set(graph.nodes.filter((node) => isOperator(node, 'Constant')).flatMap(({ output }) => output));
  const sizes = new Map<string, number>();
  for (const node of graph.nodes) {
    if (isOperator(node, ...withSettings) || !node.output.some((value) => computed.has(value))) continue;
    const indices = isStandard(node) ? quantizedParameters[node.opType] : undefined;
    for (const [index, value] of node.input.entries()) {
      const isParameter = indices === undefined ? floating.has(value) : indices.includes(index);
      const isFixed = constants.has(value) && index !== weightInput[node.opType];
      if (!isParameter || isFixed || computed.has(value) || statistics.has(value)) continue;
      sizes.set(value, elementCount(shapes.get(value) ?? []));
    }
  }
  return sizes;
}
