import { getFloat, getInt } from '../graph/attribute.ts';
import { isOperator } from '../graph/node.ts';
import { elementType } from '../onnx/element-type.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { floatData, tensorShape } from '../onnx/tensor.ts';

/** y = factor × x + offset, with one factor and offset per channel. */
export interface ChannelAffine {
  readonly factor: Float64Array;
  readonly offset: Float64Array;
}

/** Where the channels of a value are. */
export interface ChannelLayout {
  readonly channels: number;
  /** Undefined if the value is a single channel without its axis. */
  readonly axis: number | undefined;
  readonly rank: number;
}

/** A constant by its name; undefined if the name is that of a computed value. */
export type Constants = (name: string) => TensorProto | undefined;

/** The only number of a list of one, which broadcasts, or the number of the channel. */
export function numberAt(numbers: Float64Array, channel: number): number {
  return numbers[numbers.length === 1 ? 0 : channel] ?? Number.NaN;
}

/** `first`, then `next`: c·(a·x + b) + d = (c·a)·x + (c·b + d). One channel broadcasts to several. */
export function compose(first: ChannelAffine, next: ChannelAffine): ChannelAffine {
  const count = Math.max(first.factor.length, next.factor.length);
  const factor = Float64Array.from(
    { length: count },
    (_, channel) => numberAt(first.factor, channel) * numberAt(next.factor, channel),
  );
  const offset = factor.map(
    (_, channel) => numberAt(first.offset, channel) * numberAt(next.factor, channel) + numberAt(next.offset, channel),
  );
  return { factor, offset };
}

/**
 * The factor and offset per channel that a node applies to a value: Mul, Div, Add or Sub with a constant of one number or of one
 * number per channel, or BatchNormalization at inference. With a single channel, the constant may have more.
 * @returns undefined for other nodes
 */
export function channelAffineOf(
  node: NodeProto,
  value: string,
  layout: ChannelLayout,
  constants: Constants,
): ChannelAffine | undefined {
  if (isOperator(node, 'BatchNormalization')) {
    return node.input[0] === value && layout.axis === 1 ? normalization(node, layout.channels, constants) : undefined;
  }
  if (!isOperator(node, 'Mul', 'Div', 'Add', 'Sub')) return undefined;
  const [first = '', second = ''] = node.input;
  const reversed = second === value;
  const constant = first === second ? undefined : perChannel(constants(reversed ? first : second), layout);
  if (constant === undefined) return undefined;
  const ones = constant.map(() => 1);
  const zeros = constant.map(() => 0);
  switch (node.opType) {
    case 'Mul':
      return { factor: constant, offset: zeros };
    case 'Div':
      return reversed ? undefined : { factor: constant.map((divisor) => 1 / divisor), offset: zeros };
    case 'Add':
      return { factor: ones, offset: constant };
    default:
      return reversed
        ? { factor: ones.map((one) => -one), offset: constant }
        : { factor: ones, offset: constant.map((subtrahend) => -subtrahend) };
  }
}

/** The numbers of a constant that broadcasts along the channels only. */
function perChannel(
  tensor: TensorProto | undefined,
  { channels, axis, rank }: ChannelLayout,
): Float64Array | undefined {
  if (tensor?.dataType !== elementType.float) return undefined;
  const shape = tensorShape(tensor);
  const missing = rank - shape.length;
  if (missing < 0 || shape.some((size, index) => size !== 1 && index + missing !== axis)) return undefined;
  const data = Float64Array.from(floatData(tensor));
  const fits = data.length === 1 || channels === 1 || data.length === channels;
  return fits && data.length > 0 ? data : undefined;
}

/**
 * y = factor × x + offset with factor = scale ÷ √(variance + ε) and offset = bias − factor × mean (Ioffe and Szegedy 2015,
 * algorithm 2), if it uses stored statistics: no training mode, no further outputs, per channel (`spatial`).
 */
function normalization(node: NodeProto, channels: number, constants: Constants): ChannelAffine | undefined {
  const furtherOutputs = node.output.slice(1).some((name) => name !== '');
  if (furtherOutputs || getInt(node, 'training_mode', 0) === 1 || getInt(node, 'spatial', 1) === 0) return undefined;
  const parameters = node.input.slice(1).map((name) => {
    const tensor = constants(name);
    return tensor?.dataType === elementType.float ? floatData(tensor) : new Float32Array();
  });
  const [scale, bias, mean, variance] = parameters;
  if (!scale || !bias || !mean || !variance || parameters.some(({ length }) => length !== channels)) return undefined;
  const epsilon = getFloat(node, 'epsilon', 1e-5);
  const factor = Float64Array.from(scale, (value, channel) => {
    return value / Math.sqrt((variance[channel] ?? Number.NaN) + epsilon);
  });
  const offset = factor.map((value, channel) => {
    return (bias[channel] ?? Number.NaN) - value * (mean[channel] ?? Number.NaN);
  });
  return { factor, offset };
}
