import { Tensor } from 'onnxruntime-node';
import { expect } from 'vitest';
import type { Graph } from '../../model/graph/graph.ts';
import { tensorType } from '../../model/graph/value.ts';
import { elementCount } from '../../model/onnx/tensor.ts';
import { evaluate } from '../../model/passes/evaluate.ts';
import { maxAbsoluteDifference } from '../../model/verify/max-absolute-difference.ts';

/** Deterministic floats between −1 and 1 without a visible pattern. */
export function testFloats(shape: readonly number[]): Float32Array {
  return Float32Array.from({ length: elementCount(shape) }, (_, index) => Math.sin(index * 12.9898) % 1);
}

/** Runs a graph with one float input on a batch of test floats, and returns its first output. */
export async function firstOutput(graph: Graph, batch = 1): Promise<Float32Array> {
  const [input] = graph.inputs;
  const [output] = graph.outputs;
  if (input === undefined || output === undefined) throw new Error('expected an input and an output');
  const shape = [batch, ...(tensorType(input).shape ?? []).slice(1).map(Number)];
  const feeds = { [input.name]: new Tensor('float32', testFloats(shape), shape) };
  const values = await evaluate(graph, feeds, [output.name]);
  return Float32Array.from(values.get(output.name)?.data ?? [], Number);
}

/** Expects two graphs to have the same first output within the tolerance, and one that is not all zeros. */
export async function expectSameOutput(before: Graph, after: Graph, { batch = 1, tolerance = 1e-6 } = {}) {
  const expected = await firstOutput(before, batch);
  expect(maxAbsoluteDifference(expected, new Float32Array(expected.length))).toBeGreaterThan(0.01);
  expect(maxAbsoluteDifference(await firstOutput(after, batch), expected)).toBeLessThanOrEqual(tolerance);
}
