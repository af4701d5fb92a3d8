import { join } from 'node:path';
import ort from 'onnxruntime-node';
import { expect } from 'vitest';
import { importModel } from '../../model/import/import-model.ts';
import type { PreprocessingOptions } from '../../model/import/preprocessing-options.ts';
import { openNetwork, runCrops } from '../../model/verify/network-session.ts';
import { syntheticCrops } from '../../model/verify/synthetic-crops.ts';
import { verifyModel } from '../../model/verify/verify-model.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { formSize } from './import-forms.ts';
import { temporaryFolder } from './temporary-folder.ts';

const size = { width: formSize, height: formSize };
const mean: readonly number[] = [10, 20, 30];
const scale: readonly number[] = [0.02, 0.01, 0.03];
export const formOptions = {
  ...{ mean: [10, 20, 30], scale: [0.02, 0.01, 0.03], resize: 'warp', resizeSize: size, cropSize: size, order: 'RGB' },
} satisfies PreprocessingOptions;

/** What plain onnxruntime is given for one crop. */
export interface Feed {
  readonly shape: readonly number[];
  readonly pixels: (crop: Uint8Array) => Float32Array | Uint8Array;
}

/** What the first row of an output means. */
export type Probabilities = (output: readonly number[]) => readonly number[];

const area = formSize * formSize;
const luminance = [0.299, 0.587, 0.114] as const;

function normalized(crop: Uint8Array, pixel: number, channel: number): number {
  return (scale[channel] ?? 0) * ((crop[pixel * 3 + channel] ?? 0) - (mean[channel] ?? 0));
}

const planes = (crop: Uint8Array) =>
  Float32Array.from({ length: area * 3 }, (_, at) => normalized(crop, at % area, Math.floor(at / area)));
const grays = (crop: Uint8Array) =>
  Float32Array.from({ length: area }, (_, pixel) =>
    luminance.reduce((sum, share, channel) => sum + share * normalized(crop, pixel, channel), 0),
  );

export const feeds = {
  color: { shape: [1, 3, formSize, formSize], pixels: planes },
  colorLast: {
    shape: [1, formSize, formSize, 3],
    pixels: (crop) => Float32Array.from(crop, (_, at) => normalized(crop, Math.floor(at / 3), at % 3)),
  },
  bgr: {
    shape: [1, 3, formSize, formSize],
    pixels: (crop) =>
      Float32Array.from({ length: area * 3 }, (_, at) => normalized(crop, at % area, 2 - Math.floor(at / area))),
  },
  bytes: { shape: [1, formSize, formSize, 3], pixels: (crop) => crop },
  /** Luminance in whole numbers, halves rounded up. */
  grayBytes: {
    shape: [1, formSize, formSize, 1],
    pixels: (crop) =>
      Uint8Array.from({ length: area }, (_, pixel) => {
        const [red = 0, green = 0, blue = 0] = crop.subarray(pixel * 3);
        return Math.floor((299 * red + 587 * green + 114 * blue + 500) / 1000);
      }),
  },
  gray: { shape: [1, 1, formSize, formSize], pixels: grays },
  grayLast: { shape: [1, formSize, formSize, 1], pixels: grays },
} satisfies Record<string, Feed>;

/** The same image in every row of a fixed batch. */
export function repeated({ shape, pixels }: Feed, batch: number): Feed {
  return {
    shape: [batch, ...shape.slice(1)],
    pixels: (crop) => Float32Array.from(Array.from({ length: batch }, () => [...pixels(crop)]).flat()),
  };
}

export const softmax: Probabilities = (logits) => {
  const powers = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
};

export interface Expectation {
  readonly feed: Feed;
  readonly probabilities: Probabilities;
  readonly output?: string;
  readonly embedding?: string;
  readonly options?: PreprocessingOptions;
  readonly tolerance?: number;
}

/** Imports a file, and compares its probabilities with those of the file in plain onnxruntime, one image at a time. */
export async function expectSameProbabilities(source: string, expectation: Expectation) {
  const { feed, probabilities, output, embedding, options, tolerance = 1e-5 } = expectation;
  const out = join(temporaryFolder(), 'out');
  const { manifest } = await importModel({ source, ...formOptions, ...options, output, out });
  const { network } = await loadModel(out);
  const imported = await openNetwork(network, 'model.onnx');
  const published = await ort.InferenceSession.create(source, { logSeverityLevel: 3 });
  const [input = ''] = published.inputNames;
  const crops = syntheticCrops(4, size);
  const actual = await runCrops(imported, manifest, new Uint8Array(Buffer.concat(crops)));
  for (const [image, crop] of crops.entries()) {
    const pixels = feed.pixels(crop);
    const tensor =
      pixels instanceof Uint8Array
        ? new ort.Tensor('uint8', pixels, feed.shape)
        : new ort.Tensor('float32', pixels, feed.shape);
    const results = await published.run({ [input]: tensor });
    const row = (name: string) => {
      const { data, dims } = results[name] ?? { data: [], dims: [1] };
      return Array.from(data as Float32Array).slice(0, data.length / (dims[0] ?? 1));
    };
    const expected = probabilities(row(output ?? published.outputNames[0] ?? ''));
    expectClose(rowOf(actual.probabilities, image), expected, tolerance);
    if (embedding !== undefined) expectClose(rowOf(actual.embedding, image), row(embedding), 1e-4);
  }
  await Promise.all([imported.release(), published.release()]);
  const report = await verifyModel(out, { against: source });
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
  return { manifest, network };
}

function rowOf({ data, size: length }: { data: Float32Array; size: number }, row: number): number[] {
  return [...data.subarray(row * length, (row + 1) * length)];
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  const differences = actual.map((value, index) => Math.abs(value - (expected[index] ?? Number.NaN)));
  for (const difference of differences) expect(difference).toBeLessThan(tolerance);
}
