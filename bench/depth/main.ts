import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gatherExamples } from '../../cli/engine/finetune/gather-examples.ts';
import { readLabeledImages } from '../../cli/engine/finetune/read-labeled-images.ts';
import { openData } from '../../cli/engine/train/open-data.ts';
import { withRunDisplay } from '../../cli/terminal/with-display.ts';
import { cropPlan } from '../../model/finetune/crop-plan.ts';
import { crossValidate } from '../../model/finetune/cross-validate.ts';
import { openHeadMath } from '../../model/finetune/open-head-math.ts';
import { splitIntoFolds } from '../../model/finetune/split-into-folds.ts';
import { cropCenter } from '../../model/train/data/crop-center.ts';
import { type LabeledPixels, selectPixels } from '../../model/train/data/pixel-store.ts';
import type { Recipe } from '../../model/train/recipe.ts';
import { noAugmentation } from '../../model/train/samples/augmentation.ts';
import { trainModel } from '../../model/train/train-model.ts';
import { withLabels } from '../../model/train/with-labels.ts';
import { fixtures, importGooglenet, temporaryFolder } from '../fixtures.ts';
import { describeMachine } from '../machine.ts';

// Cross-validated accuracy on few images: fitting or training the last layer, against training deeper layers as well.
const { values } = parseArgs({
  options: {
    epochs: { type: 'string', default: '15' },
    rate: { type: 'string', default: '0.01' },
  },
});
const folds = { folds: 5, seed: 1 };
const recipe: Omit<Recipe, 'from'> = {
  schedule: { kind: 'cosine', rate: Number(values.rate), epochs: Number(values.epochs), factor: 1, every: 1 },
  batch: 16,
  workers: availableParallelism(),
  asynchronous: false,
  rule: { momentum: 0.9, rmsProp: undefined, maxGradientNorm: undefined },
  labelSmoothing: 0,
  weightDecay: 2e-4,
  auxiliaryWeight: 0,
  dropout: 0.4,
  auxiliaryDropout: 0,
  averaging: 0.9,
  augmentation: { ...noAugmentation, minArea: 0.4, aspect: 4 / 3, mirror: true, colour: 0.2 },
  seed: 1,
};

await using temporary = await temporaryFolder();
const work = temporary.path;
const published = await importGooglenet(join(work, 'published'));
console.log(describeMachine(['onnxruntime-node']));
const { examples, labels } = await gatherExamples(
  fixtures.flowers,
  await readLabeledImages(fixtures.flowers, published, undefined),
  published,
  { plan: cropPlan('center', 1) },
  (work) => withRunDisplay(true, work),
);
const math = await openHeadMath(examples);
const fitted = await crossValidate(math, examples, labels, folds);
await math.close();
console.log(
  `\n${examples.labels.length} images of ${labels.length} labels, 5 folds, ${values.epochs} epochs at ${values.rate}:\n`,
);
line(
  'last layer, fitted to embeddings (finetune)',
  fitted.folds.map(({ accuracy }) => accuracy),
  0,
);

const data = await openData(fixtures.flowers, undefined, published, {
  validationShare: 0,
  seed: 1,
  scratch: work,
  onProgress: () => {},
});
const model = withLabels(published, data.labels);
const all = data.train;
const splits = splitIntoFolds(all.classes, [...all.classes.keys()], folds);
const subset = (indices: readonly number[]): LabeledPixels => ({
  images: selectPixels(all.images, indices),
  classes: Uint16Array.from(indices, (index) => all.classes[index] ?? 0),
});
for (const [what, from] of Object.entries({
  'last layer (train)': 'own_labels',
  'inception_5b and last layer (train)': 'inception_5b',
})) {
  const started = performance.now();
  const accuracies: number[] = [];
  for (const { train, test } of splits) {
    const testSet = subset(test);
    const heldOut = { ...testSet, images: cropCenter(testSet.images, published.manifest.preprocess.crop) };
    const { test: result } = await trainModel({
      model,
      data: {
        ...data,
        train: subset(train),
        validation: { images: selectPixels(heldOut.images, []), classes: new Uint16Array() },
        test: heldOut,
      },
      recipe: { ...recipe, from },
      checkpoint: join(work, 'checkpoint'),
      resume: false,
      stop: new AbortController().signal,
      onUpdate: () => {},
      onEpoch: () => {},
    });
    accuracies.push(result?.accuracy ?? Number.NaN);
  }
  line(what, accuracies, (performance.now() - started) / 1000);
}
await data.close();
console.log(`\nload average (1 min) at the end: ${loadavg()[0]?.toFixed(1)}.`);

function line(what: string, accuracies: readonly number[], seconds: number): void {
  const mean = accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length;
  const variance = accuracies.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (accuracies.length - 1);
  const time = seconds === 0 ? '' : `  ${seconds.toFixed(0)} s`;
  console.log(`${what.padEnd(46)}${mean.toFixed(3)} ± ${Math.sqrt(variance).toFixed(3)}${time}`);
}
