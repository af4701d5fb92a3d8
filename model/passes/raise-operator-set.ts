import { UserError } from '../../shared/failures/user-error.ts';
import { getFloats, getInt, getInts, hasSubgraph } from '../graph/attribute.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { type Links, linksOf } from '../graph/links.ts';
import { freshName } from '../graph/names.ts';
import { describeNode, isOperator } from '../graph/node.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { makeTensor, type TensorData } from '../onnx/tensor.ts';

const minOpset = 7;
const targetOpset = 10;
/** The first IR version for operator set 10. */
const irVersion = 5;

/** Experimental operators, which were removed in operator set 10. */
const removedOperators = [
  ...['ATen', 'Affine', 'ConstantFill', 'Crop', 'DynamicSlice', 'GRUUnit', 'GivenTensorFill', 'ImageScaler'],
  ...['ParametricSoftplus', 'Scale', 'ScaledTanh'],
] as const;

/**
 * Raises a graph from operator set 7, 8 or 9 to 10, the first that supports int8. Operators that changed in 8, 9 or 10:
 * 1. Compatible, since they only accept more inputs: Max, Mean, Min and Sum (8), Cast, Constant, Flatten, Gemm, Greater,
 *    Less, MatMul and PRelu (9), AveragePool and MaxPool (8, 10).
 * 2. Upsample (9, 10) becomes Resize. Attributes of Slice and TopK (10) become inputs.
 * 3. BatchNormalization (9) loses its attribute `spatial`: legal only if it normalizes per channel.
 * 4. The mask of Dropout (10) has another type: legal only if it is not read.
 * 5. Operators that were removed or redefined are rejected, and so are nodes with subgraphs.
 * @throws {UserError} with the node that cannot be raised
 */
export function raiseOperatorSet(graph: Graph): PassResult {
  const { opset } = graph;
  if (opset >= targetOpset) return { graph, modified: false };
  if (opset < minOpset)
    throw new UserError(`operator set ${opset} is too old: export the model with operator set ${minOpset} or later`);
  const links = linksOf(graph);
  const initializers = new Map(graph.initializers);
  const nodes = graph.nodes.map((node) => {
    const reason = incompatibility(node, opset, links);
    if (reason !== undefined) {
      throw new UserError(
        `${describeNode(node)} cannot be raised from operator set ${opset} to ${targetOpset}: ${reason}; ` +
          `export the network with operator set ${targetOpset} or later`,
      );
    }
    return raiseNode(node, opset, { ...graph, initializers }, initializers);
  });
  return {
    graph: { ...graph, opset: targetOpset, irVersion: Math.max(graph.irVersion, irVersion), nodes, initializers },
    modified: true,
  };
}

function incompatibility(node: NodeProto, opset: number, links: Links): string | undefined {
  if (hasSubgraph(node)) return 'it has a subgraph';
  if (isOperator(node, ...removedOperators)) return 'the operator was removed';
  if (isOperator(node, 'MeanVarianceNormalization') && opset < 9) return 'the operator was redefined in 9';
  if (isOperator(node, 'BatchNormalization') && opset < 9 && getInt(node, 'spatial', 1) !== 1) {
    return 'it does not normalize per channel (spatial is not 1)';
  }
  const [, mask = ''] = node.output;
  const isRead = mask !== '' && (links.consumers(mask).length > 0 || links.isOutput(mask));
  return isOperator(node, 'Dropout') && isRead ? `its mask ${mask} is read` : undefined;
}

function raiseNode(node: NodeProto, opset: number, graph: Graph, initializers: Map<string, TensorProto>): NodeProto {
  const constant = (suffix: string, data: TensorData) => {
    const name = freshName(graph, `${node.output.find((output) => output !== '') ?? node.opType}_${suffix}`);
    initializers.set(name, makeTensor(name, [data.length], data));
    return name;
  };
  // "To the end" is often the largest int64. Converted to a number, it is rounded up and no longer an int64.
  const toInt64 = (value: number) => BigInt(Math.min(value, Number.MAX_SAFE_INTEGER));
  const indices = (suffix: string, values: readonly number[]) => constant(suffix, BigInt64Array.from(values, toInt64));
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
