import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildModel } from '../../model/networks/build-model.ts';
import { findIdxFiles } from '../../model/train/data/idx.ts';
import { openIdxData } from '../../model/train/data/open-idx-data.ts';
import { type LabeledPixels, selectPixels } from '../../model/train/data/pixel-store.ts';
import type { Recipe } from '../../model/train/recipe.ts';
import { noAugmentation } from '../../model/train/samples/augmentation.ts';
import { trainModel } from '../../model/train/train-model.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { seededRandom, shuffle } from '../../shared/random/seeded-random.ts';
import { temporaryFolder } from '../fixtures.ts';
import { describeMachine } from '../machine.ts';

// Test accuracy of LeNet-5 by batch and learning rate when there are few images, for the defaults of `chooseSettings`.
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '/usr/share/datasets/fashion-mnist' },
    labels: { type: 'string', default: 'demo/fashion-mnist/labels.txt' },
    images: { type: 'string', default: '1000' },
    batches: { type: 'string', default: '16,32,64,128' },
    rates: { type: 'string', default: '0.0125,0.05,0.2' },
    epochs: { type: 'string', default: '20' },
    seeds: { type: 'string', default: '1' },
    'without-batch-norm': { type: 'boolean', default: false },
    optimizer: { type: 'string', default: 'sgd' },
  },
});
const [images, epochs, seeds] = [Number(values.images), Number(values.epochs), Number(values.seeds)];
const [batches, rates] = [values.batches, values.rates].map((list) => list.split(',').map(Number));
const batchNorm = !values['without-batch-norm'];
const rmsProp = values.optimizer === 'rmsprop' ? { decay: 0.9, epsilon: 1 } : undefined;
const testImages = 2000;

await using work = await temporaryFolder();
const directory = join(work.path, 'untrained');
await buildModel({ network: 'lenet5', labels: values.labels, batchNorm, out: directory });
const model = await loadModel(directory);
const files = await findIdxFiles(values.data);
if (files === undefined) throw new UserError(`no IDX files in ${values.data}: give their folder with --data`);
const all = await openIdxData(files, {
  manifest: model.manifest,
  ...{ validationShare: 0, seed: 1, scratch: work.path, onProgress: () => {} },
});
const { test } = all;
if (test === undefined) throw new UserError(`no test set in ${values.data}: give a folder with t10k files`);

console.log(describeMachine(['onnxruntime-node']));
console.log(
  `\nlenet5 ${batchNorm ? 'with' : 'without'} batch normalization, ${rmsProp === undefined ? '' : 'RMSProp, '}${images} images of ` +
    `${values.data}, ${epochs} epochs; mean accuracy on ${testImages} test images, ${seeds === 1 ? '1 seed' : `${seeds} seeds`}:\n`,
);
console.log(`${'batch'.padStart(5)}  updates per epoch${rates?.map((rate) => `rate ${rate}`.padStart(13)).join('')}`);
for (const batch of batches ?? []) {
  const cells: string[] = [];
  for (const rate of rates ?? []) cells.push((await meanAccuracy(batch, rate)).toFixed(3).padStart(13));
  console.log(`${String(batch).padStart(5)}${String(Math.floor(images / batch)).padStart(19)}${cells.join('')}`);
}
await all.close();

async function meanAccuracy(batch: number, rate: number): Promise<number> {
  let sum = 0;
  for (let seed = 1; seed <= seeds; seed += 1) {
    const trained = await trainModel({
      model,
      data: { ...all, train: some(all.train, images, seed), test: test && some(test, testImages, 5) },
      recipe: recipeOf(batch, rate, seed),
      checkpoint: join(work.path, 'checkpoint'),
      resume: false,
      stop: new AbortController().signal,
      onUpdate: () => {},
      onEpoch: () => {},
    });
    sum += trained.test?.accuracy ?? Number.NaN;
  }
  return sum / seeds;
}

function some(set: LabeledPixels, count: number, seed: number): LabeledPixels {
  const indices = shuffle([...set.classes.keys()], seededRandom(seed)).slice(0, count);
  return {
    images: selectPixels(set.images, indices),
    classes: Uint16Array.from(indices, (index) => set.classes[index] ?? 0),
  };
}

function recipeOf(batch: number, rate: number, seed: number): Recipe {
  return {
    schedule: { kind: 'cosine', rate, epochs, factor: 1, every: 1 },
    ...{ batch, workers: 1, asynchronous: false, seed, from: undefined },
    rule: { momentum: 0.9, rmsProp, maxGradientNorm: undefined },
    ...{ labelSmoothing: 0, weightDecay: 2e-4, auxiliaryWeight: 0, dropout: 0, auxiliaryDropout: 0, averaging: 0.999 },
    augmentation: { ...noAugmentation, mirror: true, shift: 1 },
  };
}
