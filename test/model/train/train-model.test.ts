import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { graphOf, modelOf } from '../../../model/graph/graph.ts';
import { buildModel } from '../../../model/networks/build-model.ts';
import { decodeModel, encodeModel } from '../../../model/onnx/model-file.ts';
import type { TensorProto } from '../../../model/onnx/onnx_pb.ts';
import { findIdxFiles } from '../../../model/train/data/idx.ts';
import { openIdxData } from '../../../model/train/data/open-idx-data.ts';
import { selectPixels } from '../../../model/train/data/pixel-store.ts';
import type { TrainingData } from '../../../model/train/data/training-data.ts';
import type { Recipe } from '../../../model/train/recipe.ts';
import { type TrainOptions, trainModel } from '../../../model/train/train-model.ts';
import { loadModel, type Model } from '../../../shared/models/model-directory.ts';
import { writeBars } from '../../support/idx.ts';

let folder: string;
let lenet: Model;
let inception: Model;
let data: TrainingData;
let smallData: TrainingData;

const recipe: Recipe = {
  schedule: { kind: 'cosine', rate: 0.02, epochs: 2, factor: 1, every: 1 },
  batch: 16,
  workers: 1,
  asynchronous: false,
  momentum: 0.9,
  weightDecay: 1e-4,
  auxiliaryWeight: 0.3,
  dropout: 0.2,
  auxiliaryDropout: 0.5,
  averaging: 0.9,
  augmentation: { minArea: 0.8, aspect: 1.2, mirror: true, colour: 0.1 },
  seed: 1,
  from: undefined,
};

const long = { ...recipe.schedule, epochs: 6 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'train-'));
  await writeBars(folder, 'train', 320);
  await writeBars(folder, 't10k', 40, 2);
  const labels = join(folder, 'labels.txt');
  await writeFile(labels, 'upright an upright bar\nlying a lying bar\n');
  await buildModel({ network: 'lenet5', labels, out: join(folder, 'lenet') });
  await buildModel({
    network: 'compact-inception',
    labels,
    width: 0.25,
    batchNorm: true,
    auxiliary: true,
    out: join(folder, 'inception'),
  });
  [lenet, inception] = [await loadModel(join(folder, 'lenet')), await loadModel(join(folder, 'inception'))];
  const files = await findIdxFiles(folder);
  if (files === undefined) throw new Error('expected IDX files');
  const open = ({ manifest }: Model) =>
    openIdxData(files, { manifest, validationShare: 0.1, seed: 1, scratch: folder, onProgress: () => {} });
  [data, smallData] = [await open(lenet), await open(inception)];
});
afterAll(() => rm(folder, { recursive: true }));

function train(own: Partial<Recipe>, options: Partial<TrainOptions> = {}) {
  return trainModel({
    model: lenet,
    data,
    recipe: { ...recipe, ...own },
    checkpoint: join(folder, 'checkpoint'),
    resume: false,
    stop: new AbortController().signal,
    onUpdate: () => {},
    onEpoch: () => {},
    ...options,
  });
}

const bytesOf = ({ network }: Awaited<ReturnType<typeof train>>) => Buffer.from(encodeModel(modelOf(network)));
const workers = { 'one graph a step': 1, 'two workers together': 2 };

describe('training', () => {
  it.each(Object.entries(workers))('learns to tell bars apart, with %s', async (_, count) => {
    const { history, test, finished } = await train({ workers: count, schedule: long });
    expect(finished).toBe(true);
    expect(history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(history[5]?.loss).toBeLessThan((history[0]?.loss ?? 0) / 2);
    expect(history[5]?.validationAccuracy).toBeGreaterThan(0.9);
    expect(test?.accuracy).toBeGreaterThan(0.9);
  });

  it.each(Object.entries(workers))('gives the same network for the same seed, with %s', async (_, count) => {
    const [one, other, third] = [
      await train({ workers: count }),
      await train({ workers: count }),
      await train({ workers: count, seed: 2 }),
    ];
    expect(bytesOf(one).equals(bytesOf(other))).toBe(true);
    expect(bytesOf(one).equals(bytesOf(third))).toBe(false);
  });

  it.each(Object.entries(workers))(
    'goes on after an interruption as if there had been none, with %s',
    async (_, count) => {
      const whole = await train({ workers: count });
      const stop = new AbortController();
      const stopped = await train(
        { workers: count },
        { stop: stop.signal, onUpdate: ({ epoch, images }) => epoch === 2 && images >= 96 && stop.abort() },
      );
      expect(stopped.finished).toBe(false);
      expect(stopped.test).toBeUndefined();
      const resumed = await train({ workers: count }, { resume: true });
      expect(resumed.updates).toBe(whole.updates);
      expect(bytesOf(resumed).equals(bytesOf(whole))).toBe(true);
      const without = ({ seconds: _seconds, imagesPerSecond: _rate, ...record }: (typeof whole.history)[number]) =>
        record;
      expect(resumed.history.map(without)).toEqual(whole.history.map(without));
    },
  );

  it('learns from fewer images than there are workers', async () => {
    const few = {
      ...data.train,
      images: selectPixels(data.train.images, [0, 1, 2]),
      classes: data.train.classes.slice(0, 3),
    };
    const { updates, history } = await train({ workers: 4 }, { data: { ...data, train: few } });
    expect([updates, history.every(({ loss }) => Number.isFinite(loss))]).toEqual([2, true]);
  });

  it('learns with workers that do not wait for each other', async () => {
    const { updates, history } = await train({ workers: 2, asynchronous: true, schedule: long });
    expect(updates).toBe(6 * 36);
    expect(history[5]?.validationAccuracy).toBeGreaterThan(0.9);
  });

  it('trains batch normalization and auxiliary classifiers, and leaves the latter away', async () => {
    const { network, history } = await train({ workers: 2, schedule: long }, { model: inception, data: smallData });
    expect(network.outputs.map(({ name }) => name)).toEqual(['probabilities', 'embedding']);
    expect(history[5]?.validationAccuracy).toBeGreaterThan(0.9);
    expect(network.nodes.some(({ name }) => name.startsWith('loss1'))).toBe(false);
  });

  it('changes nothing before the layer from which on it trains', async () => {
    const { network, trained } = await train({ from: 'f6' });
    expect(trained).toBe(120 * 84 + 84 + 84 * 2 + 2);
    const before = await loadModel(join(folder, 'lenet'));
    const changed = changedWeights(before, network.initializers);
    expect(changed).toEqual(['f6_w', 'f6_b', 'output_w', 'output_b']);
  });

  it('stops at a loss that is no number, says at which step, and keeps the last checkpoint', async () => {
    await train({ schedule: { ...recipe.schedule, epochs: 1 } });
    const kept = await readFile(join(folder, 'checkpoint', 'checkpoint.json'));
    const wild = { ...recipe.schedule, kind: 'step' as const, rate: 1e30 };
    await expect(train({ schedule: wild, momentum: 0 })).rejects.toThrow(
      /^the loss is (NaN|Infinity) after update \d+: try a learning rate below 1\.0e\+30; the last checkpoint in .* is kept$/,
    );
    expect((await readFile(join(folder, 'checkpoint', 'checkpoint.json'))).equals(kept)).toBe(true);
  });

  it('refuses a checkpoint of images with other labels', async () => {
    const once = { schedule: { ...recipe.schedule, epochs: 1 } };
    await train(once);
    const swapped = { ...data.train, classes: data.train.classes.map((label) => 1 - label) };
    const other = { resume: true, data: { ...data, train: swapped } };
    await expect(train(once, other)).rejects.toThrow(
      /belongs to another training: its labels is [0-9a-f]{12}, now it is [0-9a-f]{12}/,
    );
  });

  it('refuses a checkpoint of another training, none, and a damaged one', async () => {
    await train({ schedule: { ...recipe.schedule, epochs: 1 } });
    const resume = { resume: true };
    await expect(train({}, resume)).rejects.toThrow(/belongs to another training: its epochs is 1, now it is 2/);
    await expect(train({}, { ...resume, checkpoint: join(folder, 'none') })).rejects.toThrow(
      /there is no checkpoint in .*none: start the training without --resume/,
    );
    const path = join(folder, 'checkpoint', 'checkpoint.json');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(/"sha256":"./, '"sha256":"x'));
    await expect(train({ schedule: { ...recipe.schedule, epochs: 1 } }, resume)).rejects.toThrow(
      /the checkpoint .*checkpoint.json is damaged: the checksum of vectors-\d+.f32 is wrong/,
    );
    await writeFile(path, '{}');
    await expect(train({}, resume)).rejects.toThrow(/checkpoint.json is not a checkpoint: /);
  });

  it('says where a checkpoint cannot be written', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(train({}, { checkpoint: file })).rejects.toThrow(
      /^the checkpoint in .*file cannot be written: (EEXIST|ENOTDIR)/,
    );
  });

  it('names the layers that there are when it is asked for another', async () => {
    await expect(train({ from: 'inception_5b' })).rejects.toThrow(
      /no layer is named inception_5b: choose one such as c1, c3, c5, f6, output/,
    );
  });
});

function changedWeights(before: Model, after: ReadonlyMap<string, TensorProto>): string[] {
  const { initializers } = graphOf(decodeModel(before.network));
  return [...after].flatMap(([name, tensor]) => {
    const old = initializers.get(name);
    return old !== undefined && Buffer.from(old.rawData).equals(Buffer.from(tensor.rawData)) ? [] : [name];
  });
}
