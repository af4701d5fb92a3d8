import { UserError } from '../../../shared/failures/user-error.ts';
import type { Graph } from '../../graph/graph.ts';
import { describeNode, isOperator } from '../../graph/node.ts';
import { elementType } from '../../onnx/element-type.ts';
import type { NodeProto, TensorProto } from '../../onnx/onnx_pb.ts';
import { elementCount, floatData, makeTensor, tensorShape } from '../../onnx/tensor.ts';

/** A weight tensor as a slice of the vector of all trained weights. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
  /** Whether weight decay applies: to matrices and filters, not to biases and scales. */
  readonly decays: boolean;
}

/** The vectors of trained weights and of measured statistics. */
export interface Layout {
  readonly weights: readonly Parameter[];
  /** Means and variances of trained batch normalization. */
  readonly statistics: readonly Parameter[];
}

/** Trained inputs by operator; weight decay applies to the first. */
const trainedInputs: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  Gemm: [1, 2],
  MatMul: [0, 1],
  BatchNormalization: [1, 2],
};
const statisticInputs = [3, 4];

/**
 * Lays out the weights of a layer and all later layers.
 * @param from the name of the first trained layer, or the beginning of it; every layer by default
 * @throws {UserError} when no layer has this name, or no layer from there on has float weights
 */
export function layoutOf(graph: Graph, from: string | undefined): Layout {
  const first = from === undefined ? 0 : graph.nodes.findIndex((node) => layerName(node).startsWith(from));
  if (first < 0) {
    const layers = graph.nodes.filter((node) => node.opType in trainedInputs).map(layerName);
    throw new UserError(`no layer is named ${from}: choose one such as ${layers.slice(-6).join(', ')}`);
  }
  const nodes = graph.nodes.slice(first);
  const weights: Omit<Parameter, 'offset'>[] = [];
  const statistics: Omit<Parameter, 'offset'>[] = [];
  const take = (list: Omit<Parameter, 'offset'>[], name: string | undefined, decays: boolean) => {
    const tensor = graph.initializers.get(name ?? '');
    if (tensor?.dataType !== elementType.float || list.some((known) => known.name === name)) return;
    const shape = tensorShape(tensor);
    list.push({ name: tensor.name, shape, size: elementCount(shape), decays });
  };
  for (const node of nodes) {
    const isBatchNorm = isOperator(node, 'BatchNormalization');
    for (const [position, index] of (trainedInputs[node.opType] ?? []).entries()) {
      take(weights, node.input[index], !isBatchNorm && (position === 0 || node.opType === 'MatMul'));
    }
    if (isBiasAfterProduct(node, graph)) for (const name of node.input) take(weights, name, false);
    if (isBatchNorm) for (const index of statisticInputs) take(statistics, node.input[index], false);
  }
  if (weights.length === 0)
    throw new UserError(`no layer ${from === undefined ? '' : `from ${from} on `}has float weights to train`);
  return { weights: withOffsets(weights), statistics: withOffsets(statistics) };
}

/** Length of the vector of these parameters. */
export function lengthOf(parameters: readonly Parameter[]): number {
  return parameters.reduce((sum, { size }) => sum + size, 0);
}

/** Copies the weights of a network into a vector. */
export function gatherWeights(graph: Graph, parameters: readonly Parameter[]): Float32Array<ArrayBuffer> {
  const vector = new Float32Array(lengthOf(parameters));
  for (const { name, offset } of parameters) {
    const tensor = graph.initializers.get(name);
    if (tensor !== undefined) vector.set(floatData(tensor), offset);
  }
  return vector;
}

/** Replaces the weights of a network by those of a vector. */
export function withWeights(graph: Graph, parameters: readonly Parameter[], vector: Float32Array): Graph {
  const initializers = new Map<string, TensorProto>(graph.initializers);
  for (const { name, shape, offset, size } of parameters) {
    initializers.set(name, makeTensor(name, shape, vector.subarray(offset, offset + size)));
  }
  return { ...graph, initializers };
}

/** The name that `model inspect` prints. */
function layerName(node: NodeProto): string {
  return node.name === '' ? (node.output[0] ?? describeNode(node)) : node.name;
}

/** Some frameworks export a linear layer as a matrix product and an addition of the bias. */
function isBiasAfterProduct(node: NodeProto, graph: Graph): boolean {
  if (!isOperator(node, 'Add')) return false;
  return graph.nodes.some((other) => isOperator(other, 'MatMul') && node.input.includes(other.output[0] ?? ''));
}

function withOffsets(list: readonly Omit<Parameter, 'offset'>[]): Parameter[] {
  let end = 0;
  return list.map((parameter) => {
    const offset = end;
    end += parameter.size;
    return { ...parameter, offset };
  });
}
