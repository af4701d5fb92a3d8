import { emptyGraph, type Graph } from '../../graph/graph.ts';
import { makeValue } from '../../graph/value.ts';
import { Emitter, type Shape } from '../gradient/emitter.ts';
import { gradientOutputs } from './build-gradient-graph.ts';
import { trainingOpset } from './make-trainable.ts';
import { type Layout, lengthOf } from './parameters.ts';
import type { UpdateRule } from './update-rule.ts';

/** Vectors that an update reads, and outputs as `next_…`. */
export const vectorNames = ['weights', 'velocity', 'average', 'statistics', 'squares'] as const;
export type VectorName = (typeof vectorNames)[number];
/** Scalar inputs of an update. */
export const rates = ['learning_rate', 'average_rate', 'statistics_rate'] as const;
export type RateName = (typeof rates)[number];

/** The length of each vector. Only batch normalization has statistics; only RMSProp has squares. */
function vectorLengths({ weights, statistics }: Layout, { rmsProp }: UpdateRule): ReadonlyMap<VectorName, number> {
  const lengths = new Map<VectorName, number>();
  for (const state of vectorNames) {
    const length = lengthOf(state === 'statistics' ? statistics : weights);
    if (length > 0 && (state !== 'squares' || rmsProp !== undefined)) lengths.set(state, length);
  }
  return lengths;
}

export function ratesOf({ statistics }: Layout): RateName[] {
  return rates.filter((rate) => rate !== 'statistics_rate' || statistics.length > 0);
}

/**
 * Stochastic gradient descent with momentum, v' = μ v + g and w' = w − η v' (Sutskever et al. 2013, the rate outside of the
 * velocity), and the moving average of the weights, a' = a + ρ (w' − a) (Polyak and Juditsky 1992). The statistics are a
 * moving average of the batch statistics. With a maximum norm c, g · min(1, c / ‖g‖) replaces g (Pascanu et al. 2013). With
 * RMSProp, s' = s + (1 − δ)(g² − s), and g / √(s' + ε) replaces g in the velocity.
 *
 * Inputs: the `vectorNames` and `rates`; `gradient` [P] and `batch_statistics` [S] of one batch, or `gradient_0` and so on of
 * several, whose mean is used. Outputs: `next_…` of each vector.
 * @param batches number of averaged gradients
 */
export function buildUpdateGraph(
  layout: Layout,
  { batches = 1, ...rule }: UpdateRule & { readonly batches?: number },
): Graph {
  const lengths = vectorLengths(layout, rule);
  const length = [lengths.get('weights') ?? 0];
  const { gradient, batchStatistics } = gradientOutputs;
  const measured = new Map<string, Shape>(namesPerBatch(gradient, batches).map((name) => [name, length]));
  const statistics = lengths.get('statistics');
  if (statistics !== undefined)
    for (const name of namesPerBatch(batchStatistics, batches)) measured.set(name, [statistics]);
  const vectors = [...Array.from(lengths, ([state, size]) => [state, [size]] as const), ...measured];

  const source: Graph = {
    ...emptyGraph('update', { irVersion: 8, opset: trainingOpset }),
    inputs: [
      ...vectors.map(([name, shape]) => makeValue(name, 'float', shape)),
      ...ratesOf(layout).map((rate) => makeValue(rate, 'float', [])),
    ],
    outputs: Array.from(lengths, ([state, size]) => makeValue(`next_${state}`, 'float', [size])),
  };
  const emit = new Emitter(source, new Map(vectors), 'update');
  const kept = emit.times('velocity', rule.momentum);
  const direction = directionOf(emit, mean(emit, namesPerBatch(gradient, batches)), rule);
  emit.addAs('Add', [kept, direction], 'next_velocity', length);
  emit.addAs('Sub', ['weights', emit.add('Mul', ['next_velocity', 'learning_rate'], length)], 'next_weights', length);
  addMovingAverage(emit, 'average', 'next_weights', 'average_rate');
  if (statistics !== undefined) {
    addMovingAverage(emit, 'statistics', mean(emit, namesPerBatch(batchStatistics, batches)), 'statistics_rate');
  }
  return emit.graph;
}

/** What the velocity accumulates. */
function directionOf(emit: Emitter, gradient: string, { rmsProp, maxGradientNorm }: UpdateRule): string {
  const clipped = maxGradientNorm === undefined ? gradient : clip(emit, gradient, maxGradientNorm);
  if (rmsProp === undefined) return clipped;
  const length = emit.shape(gradient);
  const difference = emit.add('Sub', [emit.add('Mul', [clipped, clipped], length), 'squares'], length);
  emit.addAs('Add', ['squares', emit.times(difference, 1 - rmsProp.decay)], 'next_squares', length);
  const root = emit.add('Sqrt', [emit.add('Add', ['next_squares', emit.scalar(rmsProp.epsilon)], length)], length);
  return emit.add('Div', [clipped, root], length);
}

function clip(emit: Emitter, gradient: string, maxNorm: number): string {
  const norm = emit.add('ReduceL2', [gradient], [], { keepdims: 0 });
  const larger = emit.add('Max', [norm, emit.scalar(maxNorm)], []);
  const factor = emit.add('Div', [emit.scalar(maxNorm), larger], []);
  return emit.add('Mul', [gradient, factor], emit.shape(gradient));
}

/** Names of one input per batch. */
export function namesPerBatch(name: string, batches: number): string[] {
  return batches === 1 ? [name] : Array.from({ length: batches }, (_, index) => `${name}_${index}`);
}

function mean(emit: Emitter, values: readonly string[]): string {
  const [first = ''] = values;
  return values.length === 1 ? first : emit.add('Mean', values, emit.shape(first));
}

/** `next_…` of a moving average. */
function addMovingAverage(emit: Emitter, state: VectorName, towards: string, rate: RateName): void {
  const shape = emit.shape(state);
  const difference = emit.add('Sub', [towards, state], shape);
  emit.addAs('Add', [state, emit.add('Mul', [difference, rate], shape)], `next_${state}`, shape);
}
