import { getInt, getInts } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { elementCount } from '../onnx/tensor.ts';
import { batchNormStatistics } from './count-parameters.ts';
import { dependsOn } from './depends-on.ts';
import { onePixel, type ReceptiveField, receptiveFieldAfter } from './receptive-field.ts';
import type { ValueShapes } from './value-shapes.ts';

/** A node that computes something of the image; for one image. */
export interface Layer {
  /** Its name, or where it has none that of its first output. */
  readonly name: string;
  /** With its domain, where that is not the default one. */
  readonly operator: string;
  /** Names of the values that it reads and that depend on the image. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Shape of its first output, the batch first. */
  readonly shape: readonly number[];
  /** Of a convolution or pool, height then width. */
  readonly window?: { readonly kernel: readonly number[]; readonly strides: readonly number[] };
  /** True where it multiplies by constants, which is what makes networks deep. */
  readonly isWeighted: boolean;
  /** Layers with weights on the longest path from the image to here, this one included. */
  readonly depth: number;
  /** Weights that training adjusts, counted where they are first read. */
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** Height and width of what an element depends on, pixels; absent where it cannot be told. */
  readonly receptiveField?: readonly [number, number];
}

/** Which input holds the weights, for the operators that multiply and add. */
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

/** Operators whose constants set how they work, and are no parameters. */
const settings = ['QuantizeLinear', 'DequantizeLinear', 'Clip', 'Dropout', 'Pad', 'Pow', 'Resize', 'Upsample'] as const;
/** Where operators with many scales and zero-points have their weights and biases. */
const quantised: Readonly<Record<string, readonly number[]>> = {
  QLinearConv: [3, 8],
  QLinearMatMul: [3],
  ConvInteger: [1],
  MatMulInteger: [1],
};

/**
 * Measures every node that depends on the image, in the graph's order. Constants that are computed from weights, as in
 * networks whose weights are dequantised or made by other nodes, count by what a layer gets of them.
 */
export function measureLayers(graph: Graph, values: ValueShapes): Layer[] {
  const { image, shapes } = values;
  const computed = dependsOn(graph, image.name);
  const constants = parameterSizes(graph, computed, values);
  const counted = new Set<string>();
  const depths = new Map<string, number>();
  const reaches = new Map<string, ReceptiveField>([[image.name, onePixel]]);
  const shapeOf = (value: string) => shapes.get(value) ?? [];
  return graph.nodes
    .filter(({ output }) => output.some((value) => computed.has(value)))
    .map((node) => {
      const inputs = node.input.filter((value) => computed.has(value));
      const own = new Set(node.input.filter((value) => constants.has(value) && !counted.has(value)));
      for (const value of own) counted.add(value);
      const shape = shapeOf(node.output[0] ?? '');
      const kernel = getInts(node, 'kernel_shape');
      const weights = node.input[weightInput[node.opType] ?? -1] ?? '';
      const multiplyAdds = isStandard(node) ? multiplyAddsOf(node, shapeOf, weights) : 0;
      const isWeighted = multiplyAdds > 0 && node.input.some((value) => constants.has(value));
      const depth = Math.max(0, ...inputs.map((value) => depths.get(value) ?? 0)) + (isWeighted ? 1 : 0);
      const reach = receptiveFieldAfter(
        node,
        inputs.map((value) => reaches.get(value)),
        { shape: shapeOf(inputs[0] ?? ''), weights: shapeOf(weights), output: shape },
      );
      for (const value of node.output) {
        depths.set(value, depth);
        reaches.set(value, reach);
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
        parameters: Array.from(own).reduce((sum, value) => sum + (constants.get(value) ?? 0), 0),
        multiplyAdds,
        ...(reach === undefined ? {} : { receptiveField: [reach[0].size, reach[1].size] as const }),
      };
    });
}

function isStandard(node: NodeProto): boolean {
  return isOperator(node, node.opType);
}

/** Each output element of a convolution or product adds up as many products as its weights have inputs. */
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
 * Sizes of the constants that nodes of the network read as parameters: floating, or integers in an integer operator. A
 * Constant node's is one only where it is multiplied as weights; others are fixed numbers such as a mean.
 */
function parameterSizes(
  graph: Graph,
  computed: ReadonlySet<string>,
  { shapes, floating }: ValueShapes,
): ReadonlyMap<string, number> {
  const statistics = batchNormStatistics(graph);
  const written = new Set(graph.nodes.filter((node) => isOperator(node, 'Constant')).flatMap(({ output }) => output));
  const sizes = new Map<string, number>();
  for (const node of graph.nodes) {
    if (isOperator(node, ...settings) || !node.output.some((value) => computed.has(value))) continue;
    const places = isStandard(node) ? quantised[node.opType] : undefined;
    for (const [index, value] of node.input.entries()) {
      const isParameter = places === undefined ? floating.has(value) : places.includes(index);
      const isFixed = written.has(value) && index !== weightInput[node.opType];
      if (!isParameter || isFixed || computed.has(value) || statistics.has(value)) continue;
      sizes.set(value, elementCount(shapes.get(value) ?? []));
    }
  }
  return sizes;
}
