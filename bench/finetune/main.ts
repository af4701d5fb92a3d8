import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gatherExamples } from '../../cli/engine/finetune/gather-examples.ts';
import { readLabeledImages } from '../../cli/engine/finetune/read-labeled-images.ts';
import { printTable } from '../../cli/terminal/print-table.ts';
import { withRunDisplay } from '../../cli/terminal/with-display.ts';
import { cropPlan } from '../../model/finetune/crop-plan.ts';
import { crossValidate } from '../../model/finetune/cross-validate.ts';
import { fitHead, scalingOf } from '../../model/finetune/fit-head.ts';
import { type ImageExamples, imageClasses, predictImages } from '../../model/finetune/image-examples.ts';
import { joinLayers } from '../../model/finetune/join-layers.ts';
import { type HeadMath, openHeadMath } from '../../model/finetune/open-head-math.ts';
import { splitIntoFolds } from '../../model/finetune/split-into-folds.ts';
import { fixtures, importGooglenet, temporaryFolder } from '../fixtures.ts';
import { describeMachine } from '../machine.ts';
import { selectExamples } from './select-examples.ts';

// Cross-validated accuracy of own labels from few photos, with and without each part. Penalties are chosen within the
// training images of each fold; nothing is chosen on tested images.
const { values } = parseArgs({ options: { seeds: { type: 'string', default: '5' } } });
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
const folds = 5;

await using temporary = await temporaryFolder();
const googlenet = await importGooglenet(join(temporary.path, 'model'));
const model = await joinLayers(googlenet, 3);
console.log(describeMachine(['onnxruntime-node']));
const { examples: all, labels } = await gatherExamples(
  fixtures.flowers,
  await readLabeledImages(fixtures.flowers, model, undefined),
  model,
  { plan: cropPlan('center', 10) },
  (work) => withRunDisplay(true, work),
);
console.log(
  `\n${imageClasses(all).length} images of ${labels.length} labels; mean and standard deviation of the accuracy over ` +
    `${seeds.length} partitions into ${folds} folds\n`,
);

/** Sizes of inception_5b and of 5b with 5a; the whole embedding is that of three layers. */
const [one, two] = [googlenet.manifest.outputs.embeddingSize, googlenet.manifest.outputs.embeddingSize + 832];
const center = [4];
const five = [0, 1, 2, 3, 4];
const ten = [...five, 5, 6, 7, 8, 9];
const chosen = (learned: readonly number[], averaged: readonly number[], size: number) =>
  selectExamples(all, { learned, averaged, size });
const root = (examples: ImageExamples) => ({ ...examples, embeddings: examples.embeddings.map(Math.sqrt) });

const rows: string[][] = [];
await measure('center crop, penalty 1', chosen(center, center, one), fixedPenalty);
await measure('+ penalty chosen (--views 1)', chosen(center, center, one), nested);
await measure('+ learn from five crops', chosen(five, center, one), nested);
await measure('+ learn from their mirrors (--layers 1)', chosen(ten, center, one), nested);
await measure('  and average ten crops (--crops 10)', chosen(ten, ten, one), nested);
await measure('  and square roots of embeddings', root(chosen(ten, center, one)), nested);
await measure('  and two layers (--layers 2)', chosen(ten, center, two), nested);
await measure('  and three layers (--layers 3)', chosen(ten, center, all.size), nested);
await measure('  and one or three, chosen (default)', chosen(ten, center, all.size), choosing);
await measure('one crop, three layers', chosen(center, center, all.size), nested);
console.log();
printTable(['', 'accuracy', '±', 'crops per prediction'], rows, { columns: undefined, rightFrom: 1 });

async function nested(math: HeadMath, examples: ImageExamples, seed: number): Promise<number> {
  const { accuracy } = await crossValidate(math, examples, labels, { folds, seed });
  return accuracy;
}

async function choosing(math: HeadMath, examples: ImageExamples, seed: number): Promise<number> {
  const embeddingSizes = [one, examples.size];
  const { accuracy } = await crossValidate(math, examples, labels, { folds, seed, embeddingSizes });
  return accuracy;
}

async function fixedPenalty(math: HeadMath, examples: ImageExamples, seed: number): Promise<number> {
  const classOf = imageClasses(examples);
  let correct = 0;
  for (const { train, test } of splitIntoFolds(classOf, [...classOf.keys()], { folds, seed })) {
    const { size, classes } = examples;
    const { head } = await fitHead(math, await scalingOf(math, train), { rows: train, size, classes, strength: 1 });
    const predicted = await predictImages(math, test, examples, head);
    correct += predicted.filter((label, position) => label === classOf[test[position] ?? 0]).length;
  }
  return correct / classOf.length;
}

async function measure(name: string, examples: ImageExamples, accuracyOf: typeof nested): Promise<void> {
  const math = await openHeadMath(examples);
  const accuracies: number[] = [];
  for (const seed of seeds) accuracies.push(await accuracyOf(math, examples, seed));
  await math.close();
  const mean = accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length;
  const squares = accuracies.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / Math.max(1, accuracies.length - 1));
  console.log(`${name}: ${accuracies.map((value) => value.toFixed(2)).join(' ')}`);
  rows.push([name, mean.toFixed(3), deviation.toFixed(3), String(examples.averaged.length)]);
}
