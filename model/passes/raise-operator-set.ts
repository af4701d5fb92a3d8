import { UserError } from '../../shared/failures/user-error.ts';
import { getFloats, getInt, getInts, hasSubgraph } from '../graph/attribute.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { type Links, linksOf } from '../graph/links.ts';
import { freshName } from '../graph/names.ts';
import { describeNode, isOperator } from '../graph/node.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { makeTensor, type TensorData } from '../onnx/tensor.ts';

const least = 7;
const wanted = 10;
/** The first IR version for operator set 10. */
const irVersion = 5;

/** Operators on trial, which every operator set up to 9 had and 10 no longer has. */
const onTrial = [
  ...['ATen', 'Affine', 'ConstantFill', 'Crop', 'DynamicSlice', 'GRUUnit', 'GivenTensorFill', 'ImageScaler'],
  ...['ParametricSoftplus', 'Scale', 'ScaledTanh'],
] as const;

/**
 * Raises a graph of operator set 7, 8 or 9 to 10, the first that knows int8. Of the operators that changed at 8, 9 or 10
 * 1. most only take more than before: Max, Mean, Min and Sum (8), Cast, Constant, Flatten, Gemm, Greater, Less, MatMul and
 *    PRelu (9), AveragePool and MaxPool (8, 10),
 * 2. Upsample (9, 10) becomes Resize, Slice and TopK (10) take as inputs what were attributes,
 * 3. BatchNormalization (9) loses its attribute `spatial`, legal only where it normalises by channel,
 * 4. Dropout (10) gives its mask in another type, legal only where nothing reads it, and
 * 5. what became or was another operator is refused, as is control flow, whose graphs are not looked into.
 * @throws {UserError} naming the node that cannot be raised
 */
export function raiseOperatorSet(graph: Graph): PassResult {
  const { opset } = graph;
  if (opset >= wanted) return { graph, modified: false };
  if (opset < least) throw new UserError(`expected operator set ${least} or later, got ${opset}`);
  const links = linksOf(graph);
  const initializers = new Map(graph.initializers);
  const nodes = graph.nodes.map((node) => {
    const reason = obstacle(node, opset, links);
    if (reason !== undefined) {
      throw new UserError(
        `${describeNode(node)} cannot be raised from operator set ${opset} to ${wanted}: ${reason}; ` +
          `expected ${wanted} or later`,
      );
    }
    return raised(node, opset, { ...graph, initializers }, initializers);
  });
  return {
    graph: { ...graph, opset: wanted, irVersion: Math.max(graph.irVersion, irVersion), nodes, initializers },
    modified: true,
  };
}

function obstacle(node: NodeProto, opset: number, links: Links): string | undefined {
  if (hasSubgraph(node)) return 'it holds a graph of its own';
  if (isOperator(node, ...onTrial)) return 'the operator no longer exists';
  if (isOperator(node, 'MeanVarianceNormalization') && opset < 9) return 'it became another operator in 9';
  if (isOperator(node, 'BatchNormalization') && opset < 9 && getInt(node, 'spatial', 1) !== 1) {
    return 'it does not normalise by channel (spatial is not 1)';
  }
  const [, mask = ''] = node.output;
  const isRead = mask !== '' && (links.consumers(mask).length > 0 || links.isOutput(mask));
  return isOperator(node, 'Dropout') && isRead ? `its mask ${mask} is read` : undefined;
}

function raised(node: NodeProto, opset: number, graph: Graph, initializers: Map<string, TensorProto>): NodeProto {
  const constant = (part: string, data: TensorData) => {
    const name = freshName(graph, `${node.output.find((output) => output !== '') ?? node.opType}_${part}`);
    initializers.set(name, makeTensor(name, [data.length], data));
    return name;
  };
  // "To the end" is often spelled as the largest int64, which as a number is beyond it.
  const capped = (value: number) => BigInt(Math.min(value, Number.MAX_SAFE_INTEGER));
  const indices = (part: string, values: readonly number[]) => constant(part, BigInt64Array.from(values, capped));
  const without = (...names: string[]) => node.attribute.filter(({ name }) => !names.includes(name));
  const [input = ''] = node.input;
  if (isOperator(node, 'BatchNormalization')) return { ...node, attribute: without('spatial') };
  if (isOperator(node, 'Upsample')) {
    const scales = opset < 9 ? constant('scales', Float32Array.from(getFloats(node, 'scales') ?? [])) : node.input[1];
    return { ...node, opType: 'Resize', input: [input, scales ?? ''], attribute: without('scales') };
  }
  if (isOperator(node, 'Slice')) {
    const axes = getInts(node, 'axes');
    const bounds = [indices('starts', getInts(node, 'starts') ?? []), indices('ends', getInts(node, 'ends') ?? [])];
    const inputs = [input, ...bounds, ...(axes ? [indices('axes', axes)] : [])];
    return { ...node, input: inputs, attribute: without('starts', 'ends', 'axes') };
  }
  if (isOperator(node, 'TopK')) {
    return { ...node, input: [input, indices('k', [getInt(node, 'k', 1)])], attribute: without('k') };
  }
  return node;
}
