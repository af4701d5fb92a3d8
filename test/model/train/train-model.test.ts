import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { graphOf, modelOf } from '../../../model/graph/graph.ts';
import { buildModel } from '../../../model/networks/build-model.ts';
import { decodeModel, encodeModel } from '../../../model/onnx/model-file.ts';
import type { TensorProto } from '../../../model/onnx/onnx_pb.ts';
import { findIdxFiles } from '../../../model/train/data/idx.ts';
import { openIdxData } from '../../../model/train/data/open-idx-data.ts';
import { selectPixels } from '../../../model/train/data/pixel-store.ts';
import type { TrainingData } from '../../../model/train/data/training-data.ts';
import type { Recipe } from '../../../model/train/recipe.ts';
import type { EpochRecord } from '../../../model/train/report/epoch-record.ts';
import type { TrainingProgress } from '../../../model/train/run-epochs.ts';
import { type TrainOptions, trainModel } from '../../../model/train/train-model.ts';
import { loadModel, type Model } from '../../../shared/models/model-directory.ts';
import { writeBars } from '../../support/idx.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
let lenet: Model;
let inception: Model;
let data: TrainingData;
let smallData: TrainingData;

const recipe: Recipe = {
  schedule: { kind: 'cosine', rate: 0.02, epochs: 2, factor: 1, every: 1 },
  batch: 16,
  workers: 1,
  asynchronous: false,
  rule: { momentum: 0.9, rmsProp: undefined, maxGradientNorm: undefined },
  labelSmoothing: 0,
  weightDecay: 1e-4,
  auxiliaryWeight: 0.3,
  dropout: 0.2,
  auxiliaryDropout: 0.5,
  averaging: 0.9,
  augmentation: { minArea: 0.8, aspect: 1.2, mirror: true, colour: 0.1, shift: 1, erase: 0.1 },
  seed: 1,
  from: undefined,
};

/** Enough epochs to separate the bars. */
const schedule = { ...recipe.schedule, rate: 0.03, epochs: 4 };
const oneEpoch = { ...recipe.schedule, epochs: 1 };

beforeAll(async () => {
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

function train(changes: Partial<Recipe>, options: Partial<TrainOptions> = {}) {
  return trainModel({
    model: lenet,
    data,
    recipe: { ...recipe, ...changes },
    checkpoint: join(folder, 'checkpoint'),
    resume: false,
    stop: new AbortController().signal,
    onUpdate: () => {},
    onEpoch: () => {},
    ...options,
  });
}

type Result = Awaited<ReturnType<typeof train>>;
const bytesOf = ({ network }: Result) => Buffer.from(encodeModel(modelOf(network)));

const rmsProp: Partial<Recipe> = {
  rule: { momentum: 0.9, rmsProp: { decay: 0.9, epsilon: 1 }, maxGradientNorm: 2 },
  labelSmoothing: 0.1,
};

describe.each<[string, Partial<Recipe>]>([
  ['one graph per step', { workers: 1 }],
  ['two synchronous workers', { workers: 2 }],
  ['RMSProp, clipped gradients and smoothed labels', { workers: 2, ...rmsProp }],
])('training with %s', (_, changes) => {
  let uninterrupted: Result;
  beforeAll(async () => {
    uninterrupted = await train({ ...changes, schedule });
  });

  it('separates the bars', () => {
    const { history, test, finished } = uninterrupted;
    expect(finished).toBe(true);
    expect(history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    expect(history[3]?.loss).toBeLessThan((history[0]?.loss ?? 0) / 2);
    expect(history[3]?.validationAccuracy).toBeGreaterThan(0.9);
    expect(test?.accuracy).toBeGreaterThan(0.9);
  });

  it('gives the same network for the same seed, and another for another seed', async () => {
    const twoUpdates = async (seed: number) => {
      const stop = new AbortController();
      const onUpdate = ({ images }: TrainingProgress) => images >= 32 && stop.abort();
      return bytesOf(await train({ ...changes, seed }, { stop: stop.signal, onUpdate }));
    };
    const network = await twoUpdates(1);
    expect((await twoUpdates(1)).equals(network)).toBe(true);
    expect((await twoUpdates(2)).equals(network)).toBe(false);
  });

  it('gives the same network when interrupted and resumed', async () => {
    const stop = new AbortController();
    const onUpdate = ({ epoch, images }: TrainingProgress) => epoch === 3 && images >= 96 && stop.abort();
    const interrupted = await train({ ...changes, schedule }, { stop: stop.signal, onUpdate });
    expect(interrupted.finished).toBe(false);
    expect(interrupted.test).toBeUndefined();
    const resumed = await train({ ...changes, schedule }, { resume: true });
    expect(resumed.updates).toBe(uninterrupted.updates);
    expect(bytesOf(resumed).equals(bytesOf(uninterrupted))).toBe(true);
    const withoutTimes = ({ seconds: _seconds, imagesPerSecond: _rate, ...record }: EpochRecord) => record;
    expect(resumed.history.map(withoutTimes)).toEqual(uninterrupted.history.map(withoutTimes));
  });
});

describe('trainModel', () => {
  it('trains with fewer images than workers', async () => {
    const few = {
      ...data.train,
      images: selectPixels(data.train.images, [0, 1, 2]),
      classes: data.train.classes.slice(0, 3),
    };
    const { updates, history } = await train({ workers: 4 }, { data: { ...data, train: few } });
    expect([updates, history.every(({ loss }) => Number.isFinite(loss))]).toEqual([2, true]);
  });

  it('trains with asynchronous workers', async () => {
    const asynchronous = { workers: 2, asynchronous: true, schedule: { ...schedule, rate: 0.02, epochs: 6 } };
    const { updates, history } = await train(asynchronous);
    expect(updates).toBe(6 * 36);
    expect(history[5]?.validationAccuracy).toBeGreaterThan(0.9);
  });

  it('trains batch normalization and auxiliary classifiers, and removes the latter', async () => {
    const threeEpochs = { workers: 2, schedule: { ...schedule, rate: 0.02, epochs: 3 } };
    const { network, history } = await train(threeEpochs, { model: inception, data: smallData });
    expect(network.outputs.map(({ name }) => name)).toEqual(['probabilities', 'embedding']);
    expect(history[2]?.validationAccuracy).toBeGreaterThan(0.9);
    expect(network.nodes.some(({ name }) => name.startsWith('loss1'))).toBe(false);
  });

  it('changes no weights before the first trained layer', async () => {
    const { network, trained } = await train({ from: 'f6', schedule: oneEpoch });
    expect(trained).toBe(120 * 84 + 84 + 84 * 2 + 2);
    expect(changedWeights(lenet, network.initializers)).toEqual(['f6_w', 'f6_b', 'output_w', 'output_b']);
  });

  it('reports where a checkpoint cannot be written', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(train({ schedule: oneEpoch }, { checkpoint: file })).rejects.toThrow(
      /^the checkpoint in .*file cannot be written: (EEXIST|ENOTDIR)/,
    );
  });

  it('refuses to shift images by half of their side', async () => {
    const shiftBy = (shift: number) => ({ augmentation: { ...recipe.augmentation, shift }, schedule: oneEpoch });
    await expect(train(shiftBy(14))).rejects.toThrow(
      /^--shift 14 moves images of 28×28 pixels by half or more: give at most 13$/,
    );
    expect((await train(shiftBy(13))).updates).toBe(18);
  });

  it('suggests layers when the first trained layer does not exist', async () => {
    await expect(train({ from: 'inception_5b' })).rejects.toThrow(
      /no layer is named inception_5b: choose one such as c1, c3, c5, f6, output/,
    );
  });
});

describe('with a checkpoint', () => {
  const checkpoint = join(folder, 'kept');
  const path = join(checkpoint, 'checkpoint.json');
  const resume = { checkpoint, resume: true };
  beforeAll(() => train({ schedule: oneEpoch }, { checkpoint }));

  it('stops at an infinite loss, names the update, and keeps the checkpoint', async () => {
    const kept = await readFile(path);
    const diverging = { ...recipe.schedule, kind: 'step' as const, rate: 1e30 };
    await expect(train({ schedule: diverging, rule: { ...recipe.rule, momentum: 0 } }, { checkpoint })).rejects.toThrow(
      /^the loss is (NaN|Infinity) after update \d+: try a learning rate below 1\.0e\+30; the last checkpoint in .* is kept$/,
    );
    expect((await readFile(path)).equals(kept)).toBe(true);
  });

  it('rejects images with other labels', async () => {
    const swapped = { ...data.train, classes: data.train.classes.map((label) => 1 - label) };
    await expect(train({ schedule: oneEpoch }, { ...resume, data: { ...data, train: swapped } })).rejects.toThrow(
      /belongs to another training \(labels: [0-9a-f]{12}, now [0-9a-f]{12}\): give the same --data/,
    );
  });

  it('rejects another recipe, and a missing or damaged checkpoint', async () => {
    await expect(train({}, resume)).rejects.toThrow(
      /belongs to another training \(epochs: 1, now 2\): give the same --epochs/,
    );
    await expect(train({}, { ...resume, checkpoint: join(folder, 'none') })).rejects.toThrow(
      /no checkpoint in .*none: start the training without --resume/,
    );
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(/"sha256":"./, '"sha256":"x'));
    await expect(train({ schedule: oneEpoch }, resume)).rejects.toThrow(
      /the checkpoint .*checkpoint.json is damaged: the checksum of vectors-\d+.f32 is wrong/,
    );
    await writeFile(path, '{}');
    await expect(train({}, resume)).rejects.toThrow(/checkpoint.json is not a checkpoint: /);
  });
});

function changedWeights(before: Model, after: ReadonlyMap<string, TensorProto>): string[] {
  const { initializers } = graphOf(decodeModel(before.network));
  return [...after].flatMap(([name, tensor]) => {
    const old = initializers.get(name);
    return old !== undefined && Buffer.from(old.rawData).equals(Buffer.from(tensor.rawData)) ? [] : [name];
  });
}
