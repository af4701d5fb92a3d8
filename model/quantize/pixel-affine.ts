import { getFloat, getInt, getInts, getTensor } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { isOperator } from '../graph/node.ts';
import { elementType } from '../onnx/element-type.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { floatData, tensorData, tensorShape } from '../onnx/tensor.ts';

/** One channel of a value: factor × pixel + offset, of one color of the image. */
export interface PixelChannel {
  /** 0 red, 1 green, 2 blue. */
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
  /** False while the value is still bytes, whose arithmetic wraps around. */
  readonly isFloat: boolean;
}

/**
 * Finds the values at the head of a network that are affine in the pixels: what it computes from the image before its
 * first layer. Covers every form that scales, shifts, selects and reorders channels:
 * 1. Cast to float, Identity, and a Transpose that moves the channels only,
 * 2. Mul, Div, Add and Sub by a constant with one number or one number per channel, and BatchNormalization,
 * 3. Gather, Slice and Split of channels, Squeeze and Unsqueeze of their axis, and Concat of such channels.
 * @param image name of the uint8 input [N, height, width, 3]
 * @returns these values by name, the image included
 */
export function pixelAffines(graph: Graph, image: string): ReadonlyMap<string, PixelAffine> {
  const channels = [0, 1, 2].map((source) => ({ source, factor: 1, offset: 0 }));
  const affines = new Map<string, PixelAffine>([[image, { channels, axis: 3, rank: 4, isFloat: false }]]);
  const constants = new Map(graph.initializers);
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
  if (isOperator(node, 'Add', 'Sub', 'Mul', 'Div')) return present(computed(node, known));
  const input = known.affines.get(node.input[0] ?? '');
  if (input === undefined) return [];
  if (isOperator(node, 'Identity')) return [input];
  if (isOperator(node, 'Cast')) return getInt(node, 'to', 0) === elementType.float ? [{ ...input, isFloat: true }] : [];
  if (isOperator(node, 'Transpose')) return present(transposed(node, input));
  if (isOperator(node, 'BatchNormalization')) return present(normalized(node, input, known));
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
  const [first = '', second = ''] = node.input;
  const input = affines.get(first) ?? affines.get(second);
  const reversed = !affines.has(first);
  const constant = perChannel(constants.get(reversed ? first : second), input);
  if (!input?.isFloat || constant === undefined || (node.opType === 'Div' && reversed)) return undefined;
  const count = Math.max(input.channels.length, constant.length);
  const channels = Array.from({ length: count }, (_, channel) => {
    const { source, factor, offset } = at(input.channels, channel);
    const value = at(constant, channel);
    if (node.opType === 'Mul') return { source, factor: factor * value, offset: offset * value };
    if (node.opType === 'Div') return { source, factor: factor / value, offset: offset / value };
    if (node.opType === 'Add') return { source, factor, offset: offset + value };
    return reversed ? { source, factor: -factor, offset: value - offset } : { source, factor, offset: offset - value };
  });
  return { ...input, channels };
}

/** The only item of a list of one, which broadcasts, or the item of the channel. */
function at<T>(items: readonly T[], channel: number): T {
  const item = items[items.length === 1 ? 0 : channel];
  if (item === undefined) throw new RangeError(`no channel ${channel}`);
  return item;
}

/** The numbers of a constant that broadcasts along the channels only. */
function perChannel(tensor: TensorProto | undefined, input: PixelAffine | undefined): number[] | undefined {
  if (tensor?.dataType !== elementType.float || input === undefined) return undefined;
  const shape = tensorShape(tensor);
  const missing = input.rank - shape.length;
  const data = Array.from(floatData(tensor));
  if (missing < 0 || shape.some((size, index) => size !== 1 && index + missing !== input.axis)) return undefined;
  const fits = data.length === 1 || input.channels.length === 1 || data.length === input.channels.length;
  return fits && data.length > 0 ? data : undefined;
}

function normalized(node: NodeProto, input: PixelAffine, { constants }: Known): PixelAffine | undefined {
  const parameters = node.input
    .slice(1)
    .map((name) => perChannel(vectorOf(constants.get(name)), { ...input, rank: 1, axis: 0 }));
  const [scale, bias, mean, variance] = parameters;
  const isInference = getInt(node, 'training_mode', 0) === 0 && getInt(node, 'spatial', 1) === 1;
  const furtherOutputs = node.output.slice(1).some((name) => name !== '');
  if (!scale || !bias || !mean || !variance || input.axis !== 1 || !isInference || furtherOutputs) return undefined;
  const epsilon = getFloat(node, 'epsilon', 1e-5);
  const channels = input.channels.map(({ source, factor, offset }, channel) => {
    const gain = at(scale, channel) / Math.sqrt(at(variance, channel) + epsilon);
    return { source, factor: factor * gain, offset: (offset - at(mean, channel)) * gain + at(bias, channel) };
  });
  return { ...input, channels };
}

function vectorOf(tensor: TensorProto | undefined): TensorProto | undefined {
  return tensor !== undefined && tensorShape(tensor).length === 1 ? tensor : undefined;
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
  if (axis(slicedAxis) !== input.axis || otherAxes.length > 0 || start === undefined || end === undefined) return [];
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
  const same = inputs.every((each) => each.axis === axis && each.rank === first.rank && each.isFloat === first.isFloat);
  return same ? { ...first, channels: inputs.flatMap(({ channels }) => channels) } : undefined;
}

function integersOf(tensor: TensorProto | undefined): number[] | undefined {
  if (tensor === undefined) return undefined;
  const isInteger = tensor.dataType === elementType.int64 || tensor.dataType === elementType.int32;
  return isInteger ? Array.from<number | bigint, number>(tensorData(tensor), Number) : undefined;
}
