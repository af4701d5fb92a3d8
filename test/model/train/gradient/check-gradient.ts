import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect } from 'vitest';
import { seededRandom } from '../../../../model/finetune/seeded-random.ts';
import { emptyGraph, type Graph, modelOf } from '../../../../model/graph/graph.ts';
import { makeNode } from '../../../../model/graph/node.ts';
import { makeValue } from '../../../../model/graph/value.ts';
import { encodeModel } from '../../../../model/onnx/model-file.ts';
import type { NodeProto, TensorProto } from '../../../../model/onnx/onnx_pb.ts';
import { differentiate } from '../../../../model/train/gradient/differentiate.ts';
import { type Array64, count, made } from './reference/array.ts';

export interface GradientCase {
  /** Nodes from the inputs to `y`. */
  readonly nodes: readonly NodeProto[];
  /** Float inputs, by which all gradients are checked. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** Values that the numbers of an input have to keep away from each other, as those of a maximum. */
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
 * differences of a reference in double precision; and y itself.
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
  const { output, gradients } = await byRuntime({ nodes, inputs, ...rest }, values, cotangent);
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
    const found = places.map((place) => gradients.get(name)?.[place] ?? Number.NaN);
    expect(deviation(found, differences), `the gradient by ${name}`).toBeLessThan(tolerance);
  }
}

/** The nodes with the sum of c · y behind them. */
function lossGraph(
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
      makeNode('ReduceSum', ['cy'], ['loss'], { attributes: [] }),
      makeNode('Squeeze', ['loss'], ['scalar']),
    ],
    initializers: new Map(constants.map((tensor) => [tensor.name, tensor])),
  };
}

async function byRuntime(own: Omit<GradientCase, 'forward'>, values: ReadonlyMap<string, Array64>, cotangent: Array64) {
  const source = lossGraph(own, cotangent.shape);
  const feeds = {
    ...Object.fromEntries(
      [...values, ['c', cotangent] as const].map(([name, { shape, data }]) => [
        name,
        new Tensor('float32', Float32Array.from(data), shape),
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(own.integers ?? {}).map(([name, data]) => [
        name,
        new Tensor('int64', BigInt64Array.from(data, BigInt), [data.length]),
      ]),
    ),
  };
  const shapes = await shapesOf(source, feeds);
  const names = [...values.keys()];
  const { graph, gradients } = differentiate(source, shapes, 'scalar', names);
  const wanted = names.map((name) => gradients.get(name) ?? '');
  const outputs = [...new Set(['y', ...wanted])].map((name) => makeValue(name, 'float', shapes.get(name) ?? []));
  const untyped = outputs.map((value) => ({ ...value, type: undefined as never }));
  const results = await run({ ...graph, outputs: untyped }, feeds);
  const floats = (name: string): Float32Array => {
    const data = results[name]?.data;
    if (data instanceof Float32Array) return data;
    throw new Error(`expected floats of ${name}`);
  };
  for (const [index, name] of names.entries()) {
    expect(results[wanted[index] ?? '']?.dims, `shape of the gradient by ${name}`).toEqual(own.inputs[name]);
  }
  return { output: floats('y'), gradients: new Map(names.map((name, index) => [name, floats(wanted[index] ?? '')])) };
}

async function shapesOf(graph: Graph, feeds: Record<string, Tensor>): Promise<Map<string, readonly number[]>> {
  const names = graph.nodes.flatMap(({ output }) => output).filter((name) => name !== '');
  const outputs = names.map((name) => ({ ...makeValue(name, 'float', []), type: undefined as never }));
  const results = await run({ ...graph, outputs }, feeds);
  const known = [...Object.entries(feeds), ...Object.entries(results)].map(([name, { dims }]) => [name, dims] as const);
  const constants = Array.from(graph.initializers, ([name, { dims }]) => [name, dims.map(Number)] as const);
  return new Map([...known, ...constants]);
}

async function run(graph: Graph, feeds: Record<string, Tensor>): Promise<InferenceSession.OnnxValueMapType> {
  const session = await InferenceSession.create(encodeModel(modelOf(graph)), {
    executionProviders: ['cpu'],
    logSeverityLevel: 4,
  });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** Numbers that are at least 0.01 apart, in any order, so that the largest stays the largest. */
function shuffledSteps(shape: readonly number[], random: () => number): Array64 {
  const order = Array.from({ length: count(shape) }, (_, index) => ({ index, key: random() })).sort(
    (a, b) => a.key - b.key,
  );
  return { shape, data: Float64Array.from(order, ({ index }) => (index + 1) / 100) };
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
    difference = Math.max(difference, Math.abs((found[place] ?? Number.NaN) - (expected[place] ?? 0)));
  }
  return difference / most;
}
