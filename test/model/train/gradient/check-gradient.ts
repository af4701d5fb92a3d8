import { Tensor } from 'onnxruntime-node';
import { expect } from 'vitest';
import { emptyGraph, type Graph } from '../../../../model/graph/graph.ts';
import { makeNode } from '../../../../model/graph/node.ts';
import { makeValue } from '../../../../model/graph/value.ts';
import type { NodeProto, TensorProto } from '../../../../model/onnx/onnx_pb.ts';
import { differentiate } from '../../../../model/train/gradient/differentiate.ts';
import { seededRandom } from '../../../../shared/random/seeded-random.ts';
import { type Array64, count, made } from './reference/array.ts';
import { type Feeds, floatsOf, runGraph, shapesOf } from './run-graph.ts';

export interface GradientCase {
  /** Nodes from the inputs to `y`. */
  readonly nodes: readonly NodeProto[];
  /** Shapes of the float inputs; the gradient with respect to each is checked. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** Draws numbers with a minimum distance from each other and from 0, for a maximum or a divisor. */
  readonly spread?: boolean;
  readonly integers?: Readonly<Record<string, readonly number[]>>;
  readonly constants?: readonly TensorProto[];
  readonly opset?: number;
  readonly forward: (inputs: (name: string) => Array64) => Array64;
}

/** Tolerance relative to the largest finite difference. */
const tolerance = 1e-3;
/** Maximum number of checked elements per input. */
const maxElements = 64;
const step = 1e-5;

/**
 * Compares the gradients of L = Σ c · y, with fixed random c, with respect to every input, as onnxruntime computes them, with
 * central differences of a reference in double precision. Also checks y, and that each gradient is the same when computed
 * alone.
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
    return data.reduce((sum, value, index) => sum + value * (cotangent.data[index] ?? 0), 0);
  };
  const { output, gradients, alone } = await runtimeGradients({ nodes, inputs, ...rest }, values, cotangent);
  expect(deviation(output, expected.data), 'y').toBeLessThan(1e-4);
  for (const [name, value] of values) {
    const indices = chosenIndices(value.data.length, random);
    const differences = indices.map((index) => {
      const original = value.data[index] ?? 0;
      const lossAt = (changed: number) => {
        value.data[index] = changed;
        return loss();
      };
      const difference = (lossAt(original + step) - lossAt(original - step)) / (2 * step);
      value.data[index] = original;
      return difference;
    });
    const gradient = gradients.get(name) ?? new Float32Array();
    const received = indices.map((index) => gradient[index] ?? Number.NaN);
    expect(deviation(received, differences), `gradient for ${name}`).toBeLessThan(tolerance);
    const single = alone.get(name) ?? new Float32Array();
    expect(deviation(single, gradient), `gradient for ${name} alone`).toBeLessThan(1e-5);
  }
}

/** Adds the sum of c · y to the nodes. */
function buildLossGraph(
  { nodes, inputs, constants = [], integers = {}, opset = 17 }: Omit<GradientCase, 'forward'>,
  shape: readonly number[],
): Graph {
  return {
    ...emptyGraph('case', { irVersion: 8, opset }),
    inputs: [
      ...Object.entries(inputs).map(([name, size]) => makeValue(name, 'float', size)),
      ...Object.entries(integers).map(([name, values]) => makeValue(name, 'int64', [values.length])),
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

async function runtimeGradients(
  graphCase: Omit<GradientCase, 'forward'>,
  values: ReadonlyMap<string, Array64>,
  cotangent: Array64,
) {
  const source = buildLossGraph(graphCase, cotangent.shape);
  const floats = [...values, ['c', cotangent] as const].map(
    ([name, { shape, data }]) => [name, new Tensor('float32', Float32Array.from(data), shape)] as const,
  );
  const integers = Object.entries(graphCase.integers ?? {}).map(
    ([name, data]) => [name, new Tensor('int64', BigInt64Array.from(data, BigInt), [data.length])] as const,
  );
  const feeds: Feeds = Object.fromEntries([...floats, ...integers]);
  const shapes = await shapesOf(source, feeds);
  const gradientsFor = async (names: readonly string[]) => {
    const { graph, gradients } = differentiate(source, shapes, 'scalar', names);
    const results = await runGraph(graph, ['y', ...gradients.values()], feeds);
    const data = Array.from(gradients, ([name, gradient]) => {
      expect(results[gradient]?.dims, `shape of the gradient for ${name}`).toEqual(graphCase.inputs[name]);
      return [name, floatsOf(results, gradient)] as const;
    });
    return { output: floatsOf(results, 'y'), gradients: new Map(data) };
  };
  const together = await gradientsFor([...values.keys()]);
  const alone = new Map<string, Float32Array>();
  for (const name of values.keys()) {
    const gradient = (await gradientsFor([name])).gradients.get(name);
    if (gradient !== undefined) alone.set(name, gradient);
  }
  return { ...together, alone };
}

/** Numbers in random order, at least 0.01 from each other and from 0, so that a small step keeps their order. */
function shuffledSteps(shape: readonly number[], random: () => number): Array64 {
  const length = count(shape);
  const order = Array.from({ length }, (_, index) => ({ index, key: random() })).sort((a, b) => a.key - b.key);
  return { shape, data: Float64Array.from(order, ({ index }) => (index - Math.floor(length / 2) + 0.5) / 50) };
}

/** Rounded to float, so that the runtime and the reference get equal numbers. */
function rounded({ shape, data }: Array64): Array64 {
  return { shape, data: data.map(Math.fround) };
}

function chosenIndices(length: number, random: () => number): number[] {
  if (length <= maxElements) return [...Array(length).keys()];
  return Array.from({ length: maxElements }, () => Math.floor(random() * length));
}

/** Largest difference relative to the largest value. */
function deviation(received: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(received.length).toBe(expected.length);
  let [largest, difference] = [1e-6, 0];
  for (let index = 0; index < expected.length; index += 1) {
    largest = Math.max(largest, Math.abs(expected[index] ?? 0));
    difference = Math.max(difference, Math.abs((received[index] ?? Number.NaN) - (expected[index] ?? Number.NaN)));
  }
  return difference / largest;
}
