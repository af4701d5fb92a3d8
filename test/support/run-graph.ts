import ort from 'onnxruntime-node';
import { expect } from 'vitest';
import { type Graph, modelOf } from '../../model/graph/graph.ts';
import { encodeModel } from '../../model/onnx/model-file.ts';
import { maxAbsoluteDifference } from '../../model/verify/max-absolute-difference.ts';

export interface Feed {
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array;
}

/** Runs a graph in onnxruntime, without graph optimizations by default. Returns the float outputs by name. */
export async function runGraph(
  graph: Graph,
  feeds: Readonly<Record<string, Feed>>,
  { optimized = false } = {},
): Promise<Readonly<Record<string, Float32Array>>> {
  const session = await ort.InferenceSession.create(encodeModel(modelOf(graph)), {
    graphOptimizationLevel: optimized ? 'all' : 'disabled',
    logSeverityLevel: 3,
  });
  const tensors = Object.entries(feeds).map(([name, { shape, data }]) => [
    name,
    data instanceof Uint8Array ? new ort.Tensor('uint8', data, shape) : new ort.Tensor('float32', data, shape),
  ]);
  const results = await session.run(Object.fromEntries(tensors));
  const outputs = Object.entries(results).map(([name, value]) => {
    if (!(value instanceof ort.Tensor) || !(value.data instanceof Float32Array))
      throw new Error(`${name} is not float`);
    return [name, value.data];
  });
  await session.release();
  return Object.fromEntries(outputs);
}

/** Deterministic numbers between −1 and 1 without a visible pattern. */
export function wave(length: number, phase: number): Float32Array {
  return Float32Array.from({ length }, (_, index) => 2 * (((index + 1) * 0.6180339887 * 7 + phase * 0.381966) % 1) - 1);
}

/** Expects the same outputs with the same values, within the rounding of reordered float arithmetic. */
export function expectSame(
  actual: Readonly<Record<string, Float32Array>>,
  expected: Readonly<Record<string, Float32Array>>,
): void {
  expect(Object.keys(actual).toSorted()).toEqual(Object.keys(expected).toSorted());
  for (const [name, values] of Object.entries(expected)) {
    const difference = maxAbsoluteDifference(actual[name] ?? new Float32Array(), values);
    expect(difference).toBeLessThan(1e-5 * Math.max(1, ...values.map(Math.abs)));
  }
}
