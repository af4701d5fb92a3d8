import { getInt, getInts } from '../graph/attribute.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { type Links, linksOf } from '../graph/links.ts';
import { freshName } from '../graph/names.ts';
import { isOperator, makeNode } from '../graph/node.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { makeTensor } from '../onnx/tensor.ts';
import { channelAffineOf } from './channel-affine.ts';
import { constantIntegers } from './constant-integers.ts';
import type { ValueTypes } from './value-types.ts';

/**
 * Replaces arithmetic on separate channels by one Mul and one Add: a value is split into channels, each is scaled and
 * shifted by constants, and they are concatenated again, as in an export of torchvision's `transform_input`. Legal only if
 * 1. a Concat along the channels has as many inputs as its source has channels, in the same order,
 * 2. each input is one channel of that source, taken by a Gather (with an Unsqueeze if the index is a scalar) or a Slice,
 *    and
 * 3. only Mul, Div, Add and Sub by one constant number lie in between.
 * Equal up to rounding: the factors and offsets of a channel are combined first. The old branches stay: remove unused
 * nodes afterwards.
 * @param types of the values at a batch of 1; sources without a type are skipped
 */
export function mergeChannelBranches(graph: Graph, types: ValueTypes): PassResult {
  const links = linksOf(graph);
  const initializers = new Map(graph.initializers);
  let modified = false;
  const nodes = graph.nodes.flatMap((node) => {
    const merged = mergeBranches(node, { graph, links, types });
    if (merged === undefined) return [node];
    modified = true;
    const { source, factor, offset } = merged;
    const [output = ''] = node.output;
    const names = { ...graph, initializers };
    const factors = perChannel(freshName(names, `${output}_factor`), factor);
    const offsets = perChannel(freshName(names, `${output}_offset`), offset);
    const scaled = freshName(names, `${output}_scaled`);
    initializers.set(factors.name, factors).set(offsets.name, offsets);
    return [
      makeNode('Mul', [source, factors.name], [scaled], { name: `${node.name}_scale` }),
      makeNode('Add', [scaled, offsets.name], [output], { name: node.name }),
    ];
  });
  return modified ? { graph: { ...graph, nodes, initializers }, modified } : { graph, modified };
}

interface Context {
  readonly graph: Graph;
  readonly links: Links;
  readonly types: ValueTypes;
}

interface Branch {
  readonly source: string;
  readonly channel: number;
  readonly factor: number;
  readonly offset: number;
}

function mergeBranches(node: NodeProto, context: Context) {
  if (!isOperator(node, 'Concat') || getInt(node, 'axis', 1) !== 1) return undefined;
  const branches = node.input.map((value) => branchOf(value, context));
  const [first] = branches;
  if (first === undefined) return undefined;
  const { source } = first;
  const shape = context.types.get(source)?.shape;
  if (shape?.length !== 4 || shape[1] !== branches.length) return undefined;
  const inOrder = branches.every((branch, channel) => branch?.source === source && branch.channel === channel);
  if (!inOrder) return undefined;
  const known = branches.flatMap((branch) => branch ?? []);
  return { source, factor: known.map(({ factor }) => factor), offset: known.map(({ offset }) => offset) };
}

/** Walks back from a single-channel value to the node that takes the channel out of its source. */
function branchOf(value: string, { graph, links, types }: Context): Branch | undefined {
  let factor = 1;
  let offset = 0;
  let node = links.producer(value);
  while (node !== undefined) {
    const before: string = node.input.find((name) => !graph.initializers.has(name)) ?? '';
    const affine = channelAffineOf(node, before, 1, graph);
    if (affine === undefined) break;
    // Later nodes were applied to a·x + b, so their factor scales both a and b.
    offset += factor * (affine.offset[0] ?? Number.NaN);
    factor *= affine.factor[0] ?? Number.NaN;
    node = links.producer(before);
  }
  if (node === undefined) return undefined;
  const selected = selectedChannel(node, graph, links, types);
  return selected && { ...selected, factor, offset };
}

/** The source and channel of a node that outputs one channel, [batch, 1, height, width]. */
function selectedChannel(
  node: NodeProto,
  graph: Graph,
  links: Links,
  types: ValueTypes,
): { source: string; channel: number } | undefined {
  const shape = types.get(node.output[0] ?? '')?.shape;
  if (shape?.length !== 4 || shape[1] !== 1) return undefined;
  const [source = ''] = node.input;
  if (isOperator(node, 'Unsqueeze')) {
    const gather = links.producer(source);
    const axes = getInts(node, 'axes') ?? constantIntegers(graph, node.input[1]);
    const restoresAxis = axes?.length === 1 && (axes[0] === 1 || axes[0] === -3);
    return gather !== undefined && restoresAxis ? gatheredChannel(gather, graph) : undefined;
  }
  return isOperator(node, 'Gather') ? gatheredChannel(node, graph) : slicedChannel(node, graph);
}

function gatheredChannel(node: NodeProto, graph: Graph): { source: string; channel: number } | undefined {
  const [source = '', indexName] = node.input;
  const [channel, ...others] = constantIntegers(graph, indexName) ?? [];
  if (!isOperator(node, 'Gather') || getInt(node, 'axis', 0) !== 1) return undefined;
  return channel === undefined || others.length > 0 ? undefined : { source, channel };
}

function slicedChannel(node: NodeProto, graph: Graph): { source: string; channel: number } | undefined {
  if (!isOperator(node, 'Slice')) return undefined;
  const [source = ''] = node.input;
  const parameter = (name: string, index: number) =>
    getInts(node, name) ?? constantIntegers(graph, node.input[index] ?? '');
  const [axis, ...otherAxes] = parameter('axes', 3) ?? [];
  const [channel] = parameter('starts', 1) ?? [];
  return axis === 1 && otherAxes.length === 0 && channel !== undefined ? { source, channel } : undefined;
}

function perChannel(name: string, values: readonly number[]): TensorProto {
  return makeTensor(name, [1, values.length, 1, 1], Float32Array.from(values));
}
