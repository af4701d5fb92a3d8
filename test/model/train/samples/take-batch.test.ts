import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { emptyGraph, modelOf } from '../../../../model/graph/graph.ts';
import { makeValue } from '../../../../model/graph/value.ts';
import { encodeModel } from '../../../../model/onnx/model-file.ts';
import { Emitter } from '../../../../model/train/gradient/emitter.ts';
import { type Augmentation, noAugmentation } from '../../../../model/train/samples/augmentation.ts';
import { feedsOf, takeBatch } from '../../../../model/train/samples/take-batch.ts';
import { addSampling, samplingShapes } from '../../../../model/train/step/add-sampling.ts';

const batch = 200;
const [height, width] = [5, 6];
const sampling = { batch, image: { height, width, channels: 1 }, sample: { height, width } } as const;
/** The pixel at row r and column c is 10 r + c + 1. */
const pixel = (row: number, column: number) => 10 * row + column + 1;
const image = Uint8Array.from({ length: height * width }, (_, index) =>
  pixel(Math.floor(index / width), index % width),
);
const data = {
  images: {
    ...({ height, width, channels: 1, count: 1 } as const),
    copyTo: (_: number, target: Uint8Array, offset: number) => target.set(image, offset),
    close: async () => {},
  },
  classes: Uint16Array.of(0),
};

/** All samples of a batch: [batch][height · width], the first of three equal channels. */
async function samplesOf(augmentation: Augmentation): Promise<number[][]> {
  const source = { data, sampling, augmentation, dropouts: [], seed: 1 };
  const feeds = feedsOf(takeBatch(source, Array(batch).fill(0), 0), sampling);
  const emit = new Emitter(emptyGraph('samples', { irVersion: 8, opset: 17 }), samplingShapes(sampling));
  addSampling(emit, sampling, 'samples');
  const graph = {
    ...emit.graph,
    inputs: Array.from(samplingShapes(sampling), ([name, shape], index) =>
      makeValue(name, index === 0 ? 'uint8' : 'float', shape),
    ),
    outputs: [makeValue('samples', 'float', [batch, 3, height, width])],
  };
  const session = await InferenceSession.create(encodeModel(modelOf(graph)), { logSeverityLevel: 3 });
  const { labels: _, ...pixels } = feeds;
  const { samples } = await session.run(pixels);
  await session.release();
  const values = samples?.data instanceof Float32Array ? samples.data : new Float32Array();
  const area = height * width;
  return Array.from({ length: batch }, (_, index) => [...values.subarray(3 * index * area, (3 * index + 1) * area)]);
}

describe('takeBatch', () => {
  it('takes images as they are without augmentation', async () => {
    for (const sample of await samplesOf(noAugmentation)) expect(sample).toEqual([...image]);
  });

  it('moves an image by whole pixels in all directions, and repeats its border', async () => {
    const samples = await samplesOf({ ...noAugmentation, shift: 2 });
    const clamp = (value: number, length: number) => Math.min(Math.max(value, 0), length - 1);
    const moves = [-2, -1, 0, 1, 2].flatMap((down) => [-2, -1, 0, 1, 2].map((right) => ({ down, right })));
    const moved = moves.map(({ down, right }) =>
      Array.from(image, (_, index) => {
        const [row, column] = [Math.floor(index / width) + down, (index % width) + right];
        return pixel(clamp(row, height), clamp(column, width));
      }).join(),
    );
    const seen = new Set(samples.map((sample) => sample.map((value) => Math.round(value * 100) / 100).join()));
    expect([...seen].sort()).toEqual(moved.sort());
  });

  it('erases parts of as many images as asked for', async () => {
    const samples = await samplesOf({ ...noAugmentation, erase: 0.25 });
    const changed = samples.filter((sample) => sample.join() !== image.join()).length;
    expect(changed / batch).toBeGreaterThan(0.15);
    expect(changed / batch).toBeLessThan(0.35);
  });
});
