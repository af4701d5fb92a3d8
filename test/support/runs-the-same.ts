import { Tensor } from 'onnxruntime-node';
import { expect } from 'vitest';
import type { Graph } from '../../model/graph/graph.ts';
import { tensorType } from '../../model/graph/value.ts';
import { elementCount } from '../../model/onnx/tensor.ts';
import { evaluate } from '../../model/passes/evaluate.ts';
import { maxAbsoluteDifference } from '../../model/verify/max-absolute-difference.ts';

/** Floats without a pattern, between −1 and 1, the same at every call. */
export function someFloats(shape: readonly number[]): Float32Array {
  return Float32Array.from({ length: elementCount(shape) }, (_, index) => Math.sin(index * 12.9898) % 1);
}

/** What a graph with one float input gives for a batch, as its first output. */
export async function answers(graph: Graph, batch = 1): Promise<Float32Array> {
  const [input] = graph.inputs;
  const [output] = graph.outputs;
  if (input === undefined || output === undefined) throw new Error('expected an input and an output');
  const shape = [batch, ...(tensorType(input).shape ?? []).slice(1).map(Number)];
  const feeds = { [input.name]: new Tensor('float32', someFloats(shape), shape) };
  const values = await evaluate(graph, feeds, [output.name]);
  return Float32Array.from(values.get(output.name)?.data ?? [], Number);
}

/** Expects two graphs to give the same, up to rounding, and something other than zeros. */
export async function expectSameAnswers(before: Graph, after: Graph, { batch = 1, tolerance = 1e-6 } = {}) {
  const expected = await answers(before, batch);
  expect(maxAbsoluteDifference(expected, new Float32Array(expected.length))).toBeGreaterThan(0.01);
  expect(maxAbsoluteDifference(await answers(after, batch), expected)).toBeLessThanOrEqual(tolerance);
}
