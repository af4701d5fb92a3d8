import { Tensor } from 'onnxruntime-node';
import { expect } from 'vitest';
import { seededRandom } from '../../../../model/finetune/seeded-random.ts';
import { emptyGraph, type Graph } from '../../../../model/graph/graph.ts';
import { makeNode } from '../../../../model/graph/node.ts';
import { makeValue } from '../../../../model/graph/value.ts';
import type { NodeProto, TensorProto } from '../../../../model/onnx/onnx_pb.ts';
import { differentiate } from '../../../../model/train/gradient/differentiate.ts';
import { type Array64, count, made } from './reference/array.ts';
import { type Feeds, floatsOf, runGraph, shapesOf } from './run-graph.ts';

export interface GradientCase {
  /** Nodes from the inputs to `y`. */
  readonly nodes: readonly NodeProto[];
  /** Float inputs, by which all gradients are checked. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** Numbers of both signs that keep away from each other and from 0, for a maximum or a divisor. */
  readonly spread?: boolean;
  readonly integers?: Readonly<Record<string, readonly number[]>>;
  readonly constants?: readonly TensorProto[];
  readonly opset?: number;
  readonly forward: (inputs: (name: string) => Array64) => Array64;
}

/** How far a gradient may be from finite differences, by the largest of them. */
const tolerance = 1e-3;
/** Elements of an input whose differences are taken: all of small ones. */
const mostElements = 64;
const step = 1e-5;

/**
 * Checks the gradients of L = Σ c · y, with fixed random c, by every input, as onnxruntime computes them, against central
 * differences of a reference in double precision; y itself; and that each gradient is the same when no other is wanted.
 */
export async function checkGradient({ nodes, inputs, forward, ...rest }: GradientCase, seed = 7): Promise<void> {
  const random = seededRandom(seed);
  const draw = (shape: readonly number[]) =>
    rest.spread ? shuffledSteps(shape, random) : made(shape, () => 2 * random() - 1);
  const values = new Map(Object.entries(inputs).map(([name, shape]) => [name, rounded(draw(shape))]));
  const numbersOf = (name: string) => values.get(name) ?? made([], () => Number.NaN);
  const expected = forward(numbersOf);
  const cotangent = rounded(made(expected.shape, () => 2 * random() - 1));
  const loss = () => {
    const { data } = forward(numbersOf);
    return data.reduce((sum, value, place) => sum + value * (cotangent.data[place] ?? 0), 0);
  };
  const { output, gradients, alone } = await byRuntime({ nodes, inputs, ...rest }, values, cotangent);
  expect(deviation(output, expected.data), 'the value itself').toBeLessThan(1e-4);
  for (const [name, value] of values) {
    const places = chosen(value.data.length, random);
    const differences = places.map((place) => {
      const own = value.data[place] ?? 0;
      const at = (moved: number) => {
        value.data[place] = moved;
        return loss();
      };
      const difference = (at(own + step) - at(own - step)) / (2 * step);
      value.data[place] = own;
      return difference;
    });
    const gradient = gradients.get(name) ?? new Float32Array();
    const found = places.map((place) => gradient[place] ?? Number.NaN);
    expect(deviation(found, differences), `the gradient by ${name}`).toBeLessThan(tolerance);
    const only = alone.get(name) ?? new Float32Array();
    expect(deviation(only, gradient), `the gradient by ${name} alone`).toBeLessThan(1e-5);
  }
}

/** The nodes with the sum of c · y behind them. */
function buildLossGraph(
  { nodes, inputs, constants = [], integers = {}, opset = 17 }: Omit<GradientCase, 'forward'>,
  shape: readonly number[],
): Graph {
  return {
    ...emptyGraph('case', { irVersion: 8, opset }),
    inputs: [
      ...Object.entries(inputs).map(([name, size]) => makeValue(name, 'float', size)),
      ...Object.entries(integers).map(([name, own]) => makeValue(name, 'int64', [own.length])),
      makeValue('c', 'float', shape),
    ],
    nodes: [
      ...nodes,
      makeNode('Mul', ['y', 'c'], ['cy']),
      makeNode('ReduceSum', ['cy'], ['loss']),
      makeNode('Squeeze', ['loss'], ['scalar']),
    ],
    initializers: new Map(constants.map((tensor) => [tensor.name, tensor])),
  };
}

async function byRuntime(own: Omit<GradientCase, 'forward'>, values: ReadonlyMap<string, Array64>, cotangent: Array64) {
  const source = buildLossGraph(own, cotangent.shape);
  const floats = [...values, ['c', cotangent] as const].map(
    ([name, { shape, data }]) => [name, new Tensor('float32', Float32Array.from(data), shape)] as const,
  );
  const integers = Object.entries(own.integers ?? {}).map(
    ([name, data]) => [name, new Tensor('int64', BigInt64Array.from(data, BigInt), [data.length])] as const,
  );
  const feeds: Feeds = Object.fromEntries([...floats, ...integers]);
  const shapes = await shapesOf(source, feeds);
  const gradientsBy = async (names: readonly string[]) => {
    const { graph, gradients } = differentiate(source, shapes, 'scalar', names);
    const results = await runGraph(graph, ['y', ...gradients.values()], feeds);
    const found = Array.from(gradients, ([name, gradient]) => {
      expect(results[gradient]?.dims, `shape of the gradient by ${name}`).toEqual(own.inputs[name]);
      return [name, floatsOf(results, gradient)] as const;
    });
    return { output: floatsOf(results, 'y'), gradients: new Map(found) };
  };
  const together = await gradientsBy([...values.keys()]);
  const alone = new Map<string, Float32Array>();
  for (const name of values.keys()) {
    const gradient = (await gradientsBy([name])).gradients.get(name);
    if (gradient !== undefined) alone.set(name, gradient);
  }
  return { ...together, alone };
}

/** Numbers that are at least 0.01 apart and from 0, in any order, so that the largest stays the largest. */
function shuffledSteps(shape: readonly number[], random: () => number): Array64 {
  const length = count(shape);
  const order = Array.from({ length }, (_, index) => ({ index, key: random() })).sort((a, b) => a.key - b.key);
  return { shape, data: Float64Array.from(order, ({ index }) => (index - Math.floor(length / 2) + 0.5) / 50) };
}

/** As floats, so that the runtime is given the very same numbers. */
function rounded({ shape, data }: Array64): Array64 {
  return { shape, data: data.map(Math.fround) };
}

function chosen(length: number, random: () => number): number[] {
  if (length <= mostElements) return [...Array(length).keys()];
  return Array.from({ length: mostElements }, () => Math.floor(random() * length));
}

/** Largest difference by the largest value. */
function deviation(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(found.length).toBe(expected.length);
  let [most, difference] = [1e-6, 0];
  for (let place = 0; place < expected.length; place += 1) {
    most = Math.max(most, Math.abs(expected[place] ?? 0));
    difference = Math.max(difference, Math.abs((found[place] ?? Number.NaN) - (expected[place] ?? Number.NaN)));
  }
  return difference / most;
}
