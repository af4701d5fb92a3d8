import { getFloat, getInt } from '../../graph/attribute.ts';
import { type BackwardContext, type Derivative, input, output, twoAxes, unsupported } from './derivative.ts';
import type { Emitter } from './emitter.ts';

/**
 * Batch normalization. In training mode, mean and variance are computed from the m values per channel of the batch: with
 * x̂ = (x − μ)/σ, dβ = Σ dy, dγ = Σ dy·x̂ and dx = γ/σ · (dy − dβ/m − x̂·dγ/m) (Ioffe and Szegedy 2015, section 3, combined
 * per channel). Otherwise they are constants.
 */
export const batchNormalization: Derivative = (context) => {
  const { node, gradient, emit, needs } = context;
  const shape = emit.shape(input(node, 0));
  const [, channels = 0] = shape;
  const trains = getInt(node, 'training_mode', 0) === 1;
  if (!trains && (needs(3) || needs(4))) throw unsupported(node, 'its mean and variance must not be trained');
  const { mean, variance } = trains ? batchStatistics(context) : { mean: input(node, 3), variance: input(node, 4) };
  const column = [channels];
  const perChannel = (value: string) => emit.reshape(value, [channels, ...shape.slice(2).map(() => 1)]);
  const over = shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const values = over.reduce((product, axis) => product * (shape[axis] ?? 0), 1);
  const lifted = emit.add('Add', [variance, emit.scalar(getFloat(node, 'epsilon', 1e-5))], column);
  const deviation = emit.add('Sqrt', [lifted], column);
  const gain = emit.add('Div', [input(node, 1), deviation], column);
  const shiftGradient = emit.sum(gradient, over);
  const needsScale = needs(1) || (needs(0) && trains);
  const scaleGradient = needsScale ? sumOfScaled(context, { over, mean, deviation, shiftGradient }) : undefined;
  const imageGradient = () => {
    const direct = emit.add('Mul', [gradient, perChannel(gain)], shape);
    if (!trains || scaleGradient === undefined) return direct;
    const slope = emit.times(
      emit.add('Div', [emit.add('Mul', [gain, scaleGradient], column), deviation], column),
      -1 / values,
    );
    const level = emit.times(emit.add('Mul', [gain, shiftGradient], column), -1 / values);
    const offset = emit.add('Sub', [level, emit.add('Mul', [slope, mean], column)], column);
    const linear = emit.add('Mul', [input(node, 0), perChannel(slope)], shape);
    return emit.add('Add', [emit.add('Add', [direct, linear], shape), perChannel(offset)], shape);
  };
  return [
    needs(0) ? imageGradient() : undefined,
    needs(1) ? scaleGradient : undefined,
    needs(2) ? shiftGradient : undefined,
  ];
};

/**
 * With momentum 0, the running statistics that the node outputs are those of the batch. With another momentum, they could
 * only be computed from the old ones, whose memory the runtime overwrites.
 */
function batchStatistics({ node }: BackwardContext): { mean: string; variance: string } {
  const [, mean = '', variance = ''] = node.output;
  if (mean === '' || variance === '' || getFloat(node, 'momentum', 0.9) !== 0) {
    throw unsupported(node, 'in training mode, momentum 0 and the outputs of mean and variance are required');
  }
  return { mean, variance };
}

/** Σ dy · (x − μ) / σ. */
function sumOfScaled(
  { node, gradient, emit }: BackwardContext,
  sums: { over: readonly number[]; mean: string; deviation: string; shiftGradient: string },
): string {
  const column = emit.shape(sums.mean);
  const product = emit.add('Mul', [gradient, input(node, 0)], emit.shape(gradient));
  const offset = emit.add('Mul', [sums.mean, sums.shiftGradient], column);
  const centered = emit.add('Sub', [emit.sum(product, sums.over), offset], column);
  return emit.add('Div', [centered, sums.deviation], column);
}

/**
 * Local response normalization y = x · s^−β with s = bias + α/n · Σ x² over n neighboring channels:
 * dx = dy · s^−β − 2αβ/n · x · Σ' dy · y / s, where Σ' runs over the channels whose window contains this one.
 */
export const localResponseNormalization: Derivative = ({ node, gradient, emit, needs }) => {
  if (!needs(0)) return [];
  const [image, shape] = [input(node, 0), emit.shape(input(node, 0))];
  if (shape.length !== 4) throw unsupported(node, twoAxes);
  const size = getInt(node, 'size', 1);
  const [alpha, beta] = [getFloat(node, 'alpha', 1e-4), getFloat(node, 'beta', 0.75)];
  const [, channels = 0] = shape;
  const [below, above] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  const squares = emit.add('Mul', [image, image], shape);
  const around = overChannels(emit, squares, channels, (from, to) => from >= to - below && from <= to + above);
  const base = emit.add('Add', [emit.times(around, alpha / size), emit.scalar(getFloat(node, 'bias', 1))], shape);
  const direct = emit.add(
    beta === 0.75 ? 'Div' : 'Mul',
    [gradient, beta === 0.75 ? rootPower(emit, base) : power(emit, base, -beta)],
    shape,
  );
  const weighted = emit.add('Div', [emit.add('Mul', [gradient, output(node)], shape), base], shape);
  const back = overChannels(emit, weighted, channels, (from, to) => to >= from - below && to <= from + above);
  const indirect = emit.times(emit.add('Mul', [image, back], shape), (2 * alpha * beta) / size);
  return [emit.add('Sub', [direct, indirect], shape)];
};

/** s^¾ by square roots, which are vectorized in the runtime; its power is scalar. */
function rootPower(emit: Emitter, base: string): string {
  const shape = emit.shape(base);
  const root = emit.add('Sqrt', [base], shape);
  return emit.add('Mul', [root, emit.add('Sqrt', [root], shape)], shape);
}

function power(emit: Emitter, base: string, exponent: number): string {
  return emit.add('Pow', [base, emit.scalar(exponent)], emit.shape(base));
}

/** Sums over channels as a 1×1 convolution by a matrix of ones and zeros. */
function overChannels(
  emit: Emitter,
  image: string,
  channels: number,
  reads: (from: number, to: number) => boolean,
): string {
  const band = Float32Array.from({ length: channels * channels }, (_, index) =>
    reads(index % channels, Math.floor(index / channels)) ? 1 : 0,
  );
  const weights = emit.constant([channels, channels, 1, 1], band);
  return emit.add('Conv', [image, weights], emit.shape(image), { kernel_shape: [1, 1] });
}
