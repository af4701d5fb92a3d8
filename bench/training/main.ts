import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BuildOptions, buildModel } from '../../model/networks/build-model.ts';
import { findIdxFiles } from '../../model/train/data/idx.ts';
import { openIdxData } from '../../model/train/data/open-idx-data.ts';
import type { Recipe } from '../../model/train/recipe.ts';
import { trainModel } from '../../model/train/train-model.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { temporaryFolder } from '../fixtures.ts';
import { describeMachine } from '../machine.ts';

// Ablation of the paper's recipe on a small budget: each variant removes one component. The learning rate is constant, as the
// paper's almost is, so that averaging the weights has an effect.
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '/usr/share/datasets/fashion-mnist' },
    labels: { type: 'string', default: 'demo/fashion-mnist/labels.txt' },
    epochs: { type: 'string', default: '2' },
    width: { type: 'string', default: '0.5' },
    only: { type: 'string' },
  },
});
const epochs = Number(values.epochs);
const base: Recipe = {
  schedule: { kind: 'step', rate: 0.05, epochs, factor: 1, every: epochs },
  batch: 64,
  workers: availableParallelism(),
  asynchronous: false,
  rule: { momentum: 0.9, rmsProp: undefined, maxGradientNorm: undefined },
  labelSmoothing: 0,
  weightDecay: 5e-4,
  auxiliaryWeight: 0.3,
  dropout: 0.3,
  auxiliaryDropout: 0.7,
  averaging: 0.998,
  augmentation: { minArea: 0.7, aspect: 1.2, mirror: true, colour: 0.1, shift: 0, erase: 0 },
  seed: 1,
  from: undefined,
};

interface Variant {
  readonly network?: Partial<BuildOptions>;
  readonly recipe?: Partial<Recipe>;
}

const variants: Readonly<Record<string, Variant>> = {
  'full recipe': {},
  'naive modules': { network: { modules: 'naive' } },
  'no auxiliary classifier': { network: { auxiliary: false } },
  'no averaged weights': { recipe: { averaging: 0 } },
  asynchronous: {
    recipe: { asynchronous: true, schedule: { ...base.schedule, rate: base.schedule.rate / base.workers } },
  },
  'one session on all cores': { recipe: { workers: 1 } },
};

if (values.only !== undefined && !Object.hasOwn(variants, values.only)) {
  throw new UserError(`unknown variant ${values.only}: give one of ${Object.keys(variants).join(', ')} with --only`);
}
await using temporary = await temporaryFolder();
const work = temporary.path;
console.log(describeMachine(['onnxruntime-node']));
console.log(
  `\ncompact-inception, width ${values.width}, batch normalization, ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'} of ${values.data}, constant rate ${base.schedule.rate}:\n`,
);
console.log(`${'variant'.padEnd(26)}parameters   img/s  seconds  test accuracy   loss`);
for (const [name, variant] of Object.entries(variants)) {
  if (values.only === undefined || values.only === name) console.log(await lineOf(name, variant));
}
console.log(
  `\nload average (1 min) at the end: ${loadavg()[0]?.toFixed(1)}. One seed each: differences below 0.005 are not significant.`,
);

async function lineOf(name: string, { network, recipe }: Variant): Promise<string> {
  const out = join(work, name.replaceAll(' ', '-'));
  const options = {
    network: 'compact-inception',
    labels: values.labels,
    width: Number(values.width),
    batchNorm: true,
    auxiliary: true,
  };
  await buildModel({ ...options, ...network, out });
  const model = await loadModel(out);
  const files = await findIdxFiles(values.data);
  if (files === undefined) throw new UserError(`no IDX files in ${values.data}: give their folder with --data`);
  const data = await openIdxData(files, {
    manifest: model.manifest,
    validationShare: 0,
    seed: 1,
    scratch: work,
    onProgress: () => {},
  });
  const trained = await trainModel({
    model,
    data,
    recipe: { ...base, ...recipe },
    checkpoint: join(work, 'checkpoint'),
    resume: false,
    stop: new AbortController().signal,
    onUpdate: () => {},
    onEpoch: () => {},
  });
  const seconds = trained.history.reduce((sum, record) => sum + record.seconds, 0);
  const rate = trained.history.reduce((sum, record) => sum + record.imagesPerSecond * record.seconds, 0) / seconds;
  const columns = [
    trained.parameters.toLocaleString('en').padStart(10),
    rate.toFixed(0).padStart(8),
    seconds.toFixed(0).padStart(9),
    (trained.test?.accuracy ?? Number.NaN).toFixed(4).padStart(15),
    (trained.test?.loss ?? Number.NaN).toFixed(3).padStart(7),
  ];
  return `${name.padEnd(26)}${columns.join('')}`;
}
