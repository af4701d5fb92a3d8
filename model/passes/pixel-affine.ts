import { getInt, getInts, getTensor } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { isOperator } from '../graph/node.ts';
import { elementType } from '../onnx/element-type.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { tensorData, tensorShape } from '../onnx/tensor.ts';
import { type ChannelAffine, type ChannelLayout, channelAffineOf, compose, numberAt } from './channel-affine.ts';

/** One channel of a value: factor × pixel + offset, of one channel of the image. */
export interface PixelChannel {
  /** Channel of the image: 0 red, 1 green, 2 blue. */
  readonly source: number;
  readonly factor: number;
  readonly offset: number;
}

/** A value that is computed from each pixel of the image alone, by one factor and one offset per channel. */
export interface PixelAffine {
  readonly channels: readonly PixelChannel[];
  /** The axis of the channels; undefined if it was removed, as by a Gather of one channel. */
  readonly axis: number | undefined;
  readonly rank: number;
}

/** Name and layout of the image of a network. */
export interface PixelImage extends ChannelLayout {
  readonly name: string;
}

/**
 * Finds the values at the head of a network that are affine in the pixels: what it computes from the image before its
 * first layer. Covers every form that scales, shifts, selects and reorders channels:
 * 1. Cast to float, Identity, and a Transpose that moves the channels only,
 * 2. Mul, Div, Add, Sub and BatchNormalization by constants per channel, see `channelAffineOf`,
 * 3. Gather, Slice and Split of channels, Squeeze and Unsqueeze of their axis, and Concat of such channels.
 * @returns these values by name, the image included
 */
export function pixelAffines(
  graph: Graph,
  { name: image, channels: count, axis, rank }: PixelImage,
): ReadonlyMap<string, PixelAffine> {
  const channels = Array.from({ length: count }, (_, source) => ({ source, factor: 1, offset: 0 }));
  const affines = new Map<string, PixelAffine>([[image, { channels, axis, rank }]]);
  // Callers can override an initializer that is also an input.
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const constants = new Map(Array.from(graph.initializers).filter(([name]) => !inputs.has(name)));
  for (const node of graph.nodes) {
    const constant = isOperator(node, 'Constant') ? getTensor(node, 'value') : undefined;
    if (constant !== undefined) constants.set(node.output[0] ?? '', constant);
    else if (node.input.some((name) => affines.has(name))) {
      const outputs = outputsOf(node, { affines, constants });
      for (const [index, affine] of outputs.entries()) affines.set(node.output[index] ?? '', affine);
    }
  }
  return affines;
}

interface Known {
  readonly affines: ReadonlyMap<string, PixelAffine>;
  readonly constants: ReadonlyMap<string, TensorProto>;
}

/** The outputs of a node in order; empty if they are not affine in the pixels. */
function outputsOf(node: NodeProto, known: Known): readonly PixelAffine[] {
  if (isOperator(node, 'Concat')) return present(concatenated(node, known));
  if (isOperator(node, 'Add', 'Sub', 'Mul', 'Div', 'BatchNormalization')) return present(computed(node, known));
  const input = known.affines.get(node.input[0] ?? '');
  if (input === undefined) return [];
  if (isOperator(node, 'Identity')) return [input];
  if (isOperator(node, 'Cast')) return getInt(node, 'to', 0) === elementType.float ? [input] : [];
  if (isOperator(node, 'Transpose')) return present(transposed(node, input));
  if (isOperator(node, 'Gather', 'Slice', 'Split')) return selected(node, input, known);
  if (isOperator(node, 'Squeeze', 'Unsqueeze')) return present(reshaped(node, input, known));
  return [];
}

function present(affine: PixelAffine | undefined): readonly PixelAffine[] {
  return affine === undefined ? [] : [affine];
}

function transposed(node: NodeProto, input: PixelAffine): PixelAffine | undefined {
  const order = getInts(node, 'perm');
  if (order?.length !== input.rank) return undefined;
  const others = order.filter((axis) => axis !== input.axis);
  // Rows and columns must stay in order.
  if (others.some((axis, index) => index > 0 && axis < (others[index - 1] ?? 0))) return undefined;
  return { ...input, axis: input.axis === undefined ? undefined : order.indexOf(input.axis) };
}

function computed(node: NodeProto, { affines, constants }: Known): PixelAffine | undefined {
  const value = node.input.find((name) => affines.has(name)) ?? '';
  const input = affines.get(value);
  if (input === undefined) return undefined;
  const { axis, rank } = input;
  const layout = { channels: input.channels.length, axis, rank };
  const next = channelAffineOf(node, value, layout, (name) => constants.get(name));
  if (next === undefined) return undefined;
  const { factor, offset } = compose(affineOf(input), next);
  const channels = Array.from(factor, (each, channel) => {
    const { source = 0 } = input.channels[input.channels.length === 1 ? 0 : channel] ?? {};
    return { source, factor: each, offset: numberAt(offset, channel) };
  });
  return { ...input, channels };
}

function affineOf({ channels }: PixelAffine): ChannelAffine {
  return {
    factor: Float64Array.from(channels, ({ factor }) => factor),
    offset: Float64Array.from(channels, ({ offset }) => offset),
  };
}

function selected(node: NodeProto, input: PixelAffine, known: Known): readonly PixelAffine[] {
  const axis = (value: number | undefined) => (value !== undefined && value < 0 ? value + input.rank : value);
  const pick = (indices: readonly number[]) => indices.map((index) => input.channels.at(index));
  const withChannels = (channels: readonly (PixelChannel | undefined)[], channelAxis = input.axis) => {
    const existing = channels.flatMap((channel) => channel ?? []);
    return existing.length === channels.length ? present({ ...input, channels: existing, axis: channelAxis }) : [];
  };
  if (isOperator(node, 'Gather')) {
    const indices = known.constants.get(node.input[1] ?? '');
    const numbers = integersOf(indices);
    if (axis(getInt(node, 'axis', 0)) !== input.axis || indices === undefined || numbers === undefined) return [];
    const dimensions = tensorShape(indices).length;
    if (dimensions === 1) return withChannels(pick(numbers));
    const [only] = withChannels(pick(numbers));
    return dimensions === 0 && only !== undefined ? [{ ...only, axis: undefined, rank: input.rank - 1 }] : [];
  }
  const parameter = (name: string, index: number) =>
    getInts(node, name) ?? integersOf(known.constants.get(node.input[index] ?? ''));
  const indices = Array.from(input.channels.keys());
  if (isOperator(node, 'Split')) {
    const parts = node.output.length;
    const sizes = parameter('split', 1) ?? new Array<number>(parts).fill(indices.length / parts);
    if (axis(getInt(node, 'axis', 0)) !== input.axis || sizes.some((size) => !Number.isInteger(size))) return [];
    const starts = sizes.map((_, part) => sizes.slice(0, part).reduce((sum, size) => sum + size, 0));
    return sizes.flatMap((size, part) => {
      const start = starts[part] ?? 0;
      return withChannels(pick(indices.slice(start, start + size)));
    });
  }
  const [slicedAxis, ...otherAxes] = parameter('axes', 3) ?? [];
  const [start, end, step = 1] = [parameter('starts', 1)?.[0], parameter('ends', 2)?.[0], parameter('steps', 4)?.[0]];
  if (slicedAxis === undefined || axis(slicedAxis) !== input.axis || otherAxes.length > 0) return [];
  if (start === undefined || end === undefined) return [];
  if (step === 1) return withChannels(pick(indices.slice(start, end)));
  // All channels in reverse order, from RGB to BGR.
  const reversesAll = step === -1 && (start === -1 || start >= indices.length - 1) && end < -indices.length;
  return reversesAll ? withChannels(pick(indices.toReversed())) : [];
}

function reshaped(node: NodeProto, input: PixelAffine, { constants }: Known): PixelAffine | undefined {
  const axes = getInts(node, 'axes') ?? integersOf(constants.get(node.input[1] ?? ''));
  const [given, ...others] = axes ?? [];
  if (given === undefined || others.length > 0) return undefined;
  const added = isOperator(node, 'Unsqueeze');
  const rank = input.rank + (added ? 1 : -1);
  const axis = given < 0 ? given + Math.max(rank, input.rank) : given;
  if (added) return input.axis === undefined ? { ...input, axis, rank } : undefined;
  return axis === input.axis && input.channels.length === 1 ? { ...input, axis: undefined, rank } : undefined;
}

function concatenated(node: NodeProto, { affines }: Known): PixelAffine | undefined {
  const inputs = node.input.flatMap((name) => affines.get(name) ?? []);
  const [first] = inputs;
  if (first === undefined || inputs.length !== node.input.length) return undefined;
  const given = getInt(node, 'axis', 1);
  const axis = given < 0 ? given + first.rank : given;
  const same = inputs.every((each) => each.axis === axis && each.rank === first.rank);
  return same ? { ...first, channels: inputs.flatMap(({ channels }) => channels) } : undefined;
}

function integersOf(tensor: TensorProto | undefined): number[] | undefined {
  if (tensor === undefined) return undefined;
  const isInteger = tensor.dataType === elementType.int64 || tensor.dataType === elementType.int32;
  return isInteger ? Array.from<number | bigint, number>(tensorData(tensor), Number) : undefined;
}
