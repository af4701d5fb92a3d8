import { UserError } from '../../../shared/failures/user-error.ts';
import type { Graph } from '../../graph/graph.ts';
import { describeNode, isOperator } from '../../graph/node.ts';
import { elementType } from '../../onnx/element-type.ts';
import type { NodeProto, TensorProto } from '../../onnx/onnx_pb.ts';
import { elementCount, floatData, makeTensor, tensorShape } from '../../onnx/tensor.ts';

/** A weight of the network as a part of one long vector of all that are trained. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** Where it begins in the vector. */
  readonly offset: number;
  readonly size: number;
  /** Whether weight decay draws it to zero: matrices and filters, not biases and scales. */
  readonly decays: boolean;
}

/** What of a network is trained, and what of it is measured. */
export interface Layout {
  readonly weights: readonly Parameter[];
  /** Means and variances that batch normalization measures while it is trained, likewise laid one behind the other. */
  readonly statistics: readonly Parameter[];
}

/** Inputs that are trained, by operator: the first of them decays. */
const trainedInputs: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  Gemm: [1, 2],
  MatMul: [0, 1],
  BatchNormalization: [1, 2],
};
const statisticInputs = [3, 4];

/**
 * The weights of all layers from one on, to the end of the network.
 * @param from the name of a layer, or how the names of several begin; every layer by default
 * @throws {UserError} when no layer is called so, or none behind it has weights
 */
export function layoutOf(graph: Graph, from: string | undefined): Layout {
  const first = from === undefined ? 0 : graph.nodes.findIndex((node) => layerName(node).startsWith(from));
  if (first < 0) {
    const some = graph.nodes.filter((node) => node.opType in trainedInputs).map(layerName);
    throw new UserError(`no layer is called ${from}: expected one such as ${some.slice(-6).join(', ')}`);
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
    const normalizes = isOperator(node, 'BatchNormalization');
    for (const [index, place] of (trainedInputs[node.opType] ?? []).entries()) {
      take(weights, node.input[place], !normalizes && (index === 0 || node.opType === 'MatMul'));
    }
    if (isBiasAfterProduct(node, graph)) for (const name of node.input) take(weights, name, false);
    if (normalizes) for (const place of statisticInputs) take(statistics, node.input[place], false);
  }
  if (weights.length === 0)
    throw new UserError(`no layer ${from === undefined ? '' : `from ${from} on `}has float weights to train`);
  return { weights: laid(weights), statistics: laid(statistics) };
}

/** Length of the vector that holds these. */
export function lengthOf(parameters: readonly Parameter[]): number {
  return parameters.reduce((sum, { size }) => sum + size, 0);
}

/** The vector of these weights as they are in a network. */
export function gatherWeights(graph: Graph, parameters: readonly Parameter[]): Float32Array<ArrayBuffer> {
  const vector = new Float32Array(lengthOf(parameters));
  for (const { name, offset } of parameters) {
    const tensor = graph.initializers.get(name);
    if (tensor !== undefined) vector.set(floatData(tensor), offset);
  }
  return vector;
}

/** The network with the weights of a vector in place of its own. */
export function withWeights(graph: Graph, parameters: readonly Parameter[], vector: Float32Array): Graph {
  const initializers = new Map<string, TensorProto>(graph.initializers);
  for (const { name, shape, offset, size } of parameters) {
    initializers.set(name, makeTensor(name, shape, vector.subarray(offset, offset + size)));
  }
  return { ...graph, initializers };
}

/** As `model inspect` names it. */
function layerName(node: NodeProto): string {
  return node.name === '' ? (node.output[0] ?? describeNode(node)) : node.name;
}

/** A matrix product without a bias of its own is followed by a sum, in the exports of some frameworks. */
function isBiasAfterProduct(node: NodeProto, graph: Graph): boolean {
  if (!isOperator(node, 'Add')) return false;
  return graph.nodes.some((other) => isOperator(other, 'MatMul') && node.input.includes(other.output[0] ?? ''));
}

function laid(list: readonly Omit<Parameter, 'offset'>[]): Parameter[] {
  let offset = 0;
  return list.map((parameter) => {
    const own = { ...parameter, offset };
    offset += parameter.size;
    return own;
  });
}
