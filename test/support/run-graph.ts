import ort from 'onnxruntime-node';
import { expect } from 'vitest';
import { type Graph, modelOf } from '../../model/graph/graph.ts';
import { encodeModel } from '../../model/onnx/model-file.ts';

export interface Feed {
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array;
}

/** Runs a graph in onnxruntime as it is written, none of its nodes rewritten by the runtime; float outputs by name. */
export async function runGraph(
  graph: Graph,
  feeds: Readonly<Record<string, Feed>>,
): Promise<Readonly<Record<string, Float32Array>>> {
  const session = await ort.InferenceSession.create(encodeModel(modelOf(graph)), {
    graphOptimizationLevel: 'disabled',
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

/** Numbers between −1 and 1 without a pattern, the same at every call. */
export function wave(length: number, phase: number): Float32Array {
  return Float32Array.from({ length }, (_, index) => 2 * (((index + 1) * 0.6180339887 * 7 + phase * 0.381966) % 1) - 1);
}

/** Fails unless the same outputs hold the same numbers, to a relative error of float arithmetic in another order. */
export function expectSame(
  got: Readonly<Record<string, Float32Array>>,
  expected: Readonly<Record<string, Float32Array>>,
): void {
  expect(Object.keys(got).toSorted()).toEqual(Object.keys(expected).toSorted());
  for (const [name, values] of Object.entries(expected)) {
    const others = got[name] ?? new Float32Array();
    expect(others).toHaveLength(values.length);
    const off = values.reduce(
      (most, value, index) => Math.max(most, Math.abs(value - (others[index] ?? Number.NaN))),
      0,
    );
    expect(off).toBeLessThan(1e-5 * Math.max(1, ...values.map(Math.abs)));
  }
}
