import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { expect } from 'vitest';
import { tensorType } from '../../../model/graph/value.ts';
import { evaluate } from '../../../model/passes/evaluate.ts';
import { readTensorflowJs } from '../../../model/tensorflow-js/read-tensorflow-js.ts';
import { maxAbsoluteDifference } from '../../../model/verify/max-absolute-difference.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { caseInput, type ModelCase } from './model-case.ts';
import type { CaseOutput } from './recorded-outputs.ts';
import { type StoreOptions, writeModel } from './write-model.ts';

/** Writes a case as files, converts them, and runs the ONNX graph on a batch of two images. */
export async function convertAndRun(model: ModelCase, options: StoreOptions = {}): Promise<CaseOutput> {
  const file = await writeModel(join(temporaryFolder(), 'model'), model, options);
  const { graph } = await readTensorflowJs(file);
  const [input] = graph.inputs;
  const [output] = graph.outputs;
  if (input === undefined || output === undefined) throw new Error('expected an input and an output');
  const image = channelsFirst(caseInput(model), model.inputShape);
  const batch = Float32Array.of(...image.map((value) => 1 - value), ...image);
  const [height = 1, width = 1, channels = 1] = model.inputShape;
  const feeds = { [input.name]: new Tensor('float32', batch, [2, channels, height, width]) };
  const { data, dims } = (await evaluate(graph, feeds, [output.name])).get(output.name) ?? {};
  const values = Float32Array.from(data ?? [], Number).slice((data?.length ?? 0) / 2);
  const shape = dims?.slice(1) ?? [];
  expect(tensorType(output).shape).toEqual(['N', ...shape]);
  if (shape.length !== 3) return { shape, values };
  const [maps = 1, rows = 1, columns = 1] = shape;
  return { shape: [rows, columns, maps], values: channelsLast(values, shape) };
}

/** Expects the outputs of TensorFlow.js, within the rounding of reordered float arithmetic. */
export function expectOutput(actual: CaseOutput, expected: CaseOutput | undefined): void {
  if (expected === undefined) throw new Error('not recorded: run test/support/tensorflow-js/record.ts');
  expect(actual.shape).toEqual(expected.shape);
  const largest = expected.values.reduce((max, value) => Math.max(max, Math.abs(value)), 1);
  expect(maxAbsoluteDifference(actual.values, expected.values)).toBeLessThanOrEqual(2e-6 * largest);
}

function channelsFirst(data: Float32Array, [height = 1, width = 1, channels = 1]: readonly number[]): Float32Array {
  return data.map((_, index) => {
    const pixel = index % (height * width);
    return data[pixel * channels + Math.floor(index / (height * width))] ?? Number.NaN;
  });
}

function channelsLast(data: Float32Array, [channels = 1, height = 1, width = 1]: readonly number[]): Float32Array {
  return data.map((_, index) => data[(index % channels) * height * width + Math.floor(index / channels)] ?? Number.NaN);
}
