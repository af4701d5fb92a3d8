import { UserError } from '../../shared/failures/user-error.ts';
import { getFloat, getInt, getInts, intAttribute } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { freshName } from '../graph/names.ts';
import { describeNode, isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { makeTensor, type TensorData } from '../onnx/tensor.ts';
import { raiseOperatorSet } from './raise-operator-set.ts';
import { unchangedOperators } from './unchanged-operators.ts';

/** IR versions by the first operator set that needs them. */
const irVersions = [
  [11, 6],
  [12, 7],
  [15, 8],
  [19, 9],
  [21, 10],
  [23, 11],
  [24, 12],
  [26, 13],
] as const;

const reductions = [
  ...['ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMax', 'ReduceMean', 'ReduceMin', 'ReduceProd'],
  'ReduceSumSquare',
] as const;
/** Operators that a later set redefines, in a form that cannot be rewritten here. */
const redefined = [
  ...['BatchNormalization', 'Dropout', 'GroupNormalization', 'Hardmax', 'LogSoftmax', 'Resize', 'Softmax', 'Upsample'],
] as const;

/**
 * Raises a graph from operator set 7 or later to `target`, at least 10. After 10:
 * 1. The operators in `unchangedOperators` keep their meaning, and so do those of other domains.
 * 2. Attributes become inputs: min and max of Clip and pads of Pad (11), axes of Squeeze, Unsqueeze and ReduceSum, and sizes of
 *    Split (13), axes of other reductions (18). A Split into equal parts states their number (18).
 * 3. Softmax and LogSoftmax work along one axis (13), which equals the old meaning only for the last axis.
 * 4. BatchNormalization (14) and Dropout (12) keep their meaning in inference: legal with one output.
 * 5. Any other operator is rejected: it has another meaning, such as Resize, or is not known here.
 * @param ranks of the values by name
 * @throws {UserError} with the node that cannot be raised
 */
export function raiseOperatorSetTo(source: Graph, target: number, ranks: ReadonlyMap<string, number>): Graph {
  const { graph } = raiseOperatorSet(source);
  const initializers = new Map(graph.initializers);
  const constant = (node: NodeProto, suffix: string, shape: readonly number[], data: TensorData) => {
    const name = freshName({ ...graph, initializers }, `${node.output[0] ?? node.opType}_${suffix}`);
    initializers.set(name, makeTensor(name, shape, data));
    return name;
  };
  const nodes = graph.nodes.map((node) => {
    const raised = raiseNode(node, { from: graph.opset, to: target, ranks, constant });
    if (raised !== undefined) return raised;
    const reason = isOperator(node, ...redefined)
      ? `${describeNode(node)} has another meaning in operator set ${target} than in ${source.opset}`
      : `${describeNode(node)} cannot be raised from operator set ${source.opset} to ${target}: raising ${node.opType} is ` +
        'not supported';
    throw new UserError(`${reason}; export the model with operator set ${target}`);
  });
  const needed = Math.max(graph.irVersion, ...irVersions.map(([opset, version]) => (target >= opset ? version : 0)));
  return { ...graph, opset: target, irVersion: needed, nodes, initializers, valueInfo: [] };
}

interface Raise {
  readonly from: number;
  readonly to: number;
  readonly ranks: ReadonlyMap<string, number>;
  readonly constant: (node: NodeProto, suffix: string, shape: readonly number[], data: TensorData) => string;
}

function isStandard({ domain }: NodeProto): boolean {
  return domain === '' || domain === 'ai.onnx';
}

/** @returns undefined if the node cannot be raised */
function raiseNode(node: NodeProto, { from, to, ranks, constant }: Raise): NodeProto | undefined {
  const crosses = (version: number) => from < version && to >= version;
  const without = (...names: string[]) => node.attribute.filter(({ name }) => !names.includes(name));
  const [input = ''] = node.input;
  /** Moves a list of integers from an attribute to an input. */
  const listAsInput = (name: string): NodeProto => {
    const values = getInts(node, name);
    if (values === undefined) return node;
    const indices = constant(node, name, [values.length], BigInt64Array.from(values, BigInt));
    return { ...node, input: [input, indices], attribute: without(name) };
  };
  if (isOperator(node, ...unchangedOperators) || !isStandard(node)) return node;
  if (isOperator(node, 'BatchNormalization', 'Dropout')) {
    if (node.output.slice(1).some((name) => name !== '')) return undefined;
    return isOperator(node, 'Dropout') && crosses(12) ? { ...node, attribute: without('ratio') } : node;
  }
  if (isOperator(node, 'Clip')) {
    if (!crosses(11)) return node;
    const limits = [getFloat(node, 'min', -maxFloat), getFloat(node, 'max', maxFloat)];
    const names = limits.map((limit, index) => constant(node, ['min', 'max'][index] ?? '', [], Float32Array.of(limit)));
    return { ...node, input: [input, ...names], attribute: without('min', 'max') };
  }
  if (isOperator(node, 'Pad')) {
    if (!crosses(11)) return node;
    const value = constant(node, 'value', [], Float32Array.of(getFloat(node, 'value', 0)));
    const moved = listAsInput('pads');
    return {
      ...moved,
      input: [...moved.input, value],
      attribute: moved.attribute.filter(({ name }) => name !== 'value'),
    };
  }
  if (isOperator(node, 'Squeeze', 'Unsqueeze', 'ReduceSum')) return crosses(13) ? listAsInput('axes') : node;
  if (isOperator(node, ...reductions)) return crosses(18) ? listAsInput('axes') : node;
  if (isOperator(node, 'Split')) {
    const moved = crosses(13) ? listAsInput('split') : node;
    if (!crosses(18) || moved.input.length > 1) return moved;
    return { ...moved, attribute: [...moved.attribute, intAttribute('num_outputs', node.output.length)] };
  }
  if (isOperator(node, 'Softmax', 'LogSoftmax')) {
    if (!crosses(13)) return node;
    const [axis, rank] = [getInt(node, 'axis', 1), ranks.get(input) ?? 0];
    const last = axis < 0 ? axis === -1 : axis === rank - 1;
    return last ? { ...node, attribute: [...without('axis'), intAttribute('axis', -1)] } : undefined;
  }
  return undefined;
}

const maxFloat = 3.4028234663852886e38;
