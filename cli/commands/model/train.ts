import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Recipe } from '../../../model/train/recipe.ts';
import { train } from '../../engine/train/train.ts';
import { printTraining } from '../../terminal/print-training.ts';
import { positiveInteger, threadCount, wholeNumber } from '../pipeline-options.ts';

interface TrainOptions {
  readonly data: string;
  readonly test?: string;
  readonly out: string;
  readonly name?: string;
  readonly from?: string;
  readonly epochs: number;
  readonly batch: number;
  readonly rate: number;
  readonly schedule: 'step' | 'cosine';
  readonly factor: number;
  readonly every: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly dropout: number;
  readonly auxiliary: number;
  readonly averaging: number;
  readonly area: number;
  readonly aspect: number;
  readonly mirror: boolean;
  readonly colour: number;
  readonly workers?: number;
  readonly asynchronous?: boolean;
  readonly holdOut: number;
  readonly seed: number;
  readonly checkpoint?: string;
  readonly resume?: boolean;
  readonly json?: boolean;
}

export function addTrainCommand(model: Command): void {
  model
    .command('train')
    .argument('<dir>', 'a float model directory, as "model build" or "model import" makes it')
    .summary('train a network on labelled images, all of it or from a layer on')
    .description(
      'Train a network by stochastic gradient descent, as the GoogLeNet paper does it: samples of a part of each image, ' +
        'auxiliary classifiers, dropout, momentum, averaged weights. Gradients are computed by onnxruntime. Data are a ' +
        'folder of class folders, a CSV file with the columns image and label, or IDX files (MNIST and its kind), whose ' +
        'class k is label k. Other labels than those of the model get a new last layer, and no auxiliary classifiers. With --from only that layer and ' +
        'what is behind it is trained: the rest stays as it was. The model that is written has the averaged weights and no ' +
        'auxiliary classifiers. Ctrl-C leaves a checkpoint that --resume goes on with.',
    )
    .requiredOption('--data <place>', 'labelled images to learn from')
    .requiredOption('--out <dir>', 'the model directory to write')
    .option('--test <place>', 'labelled images to test on at the end; of IDX folders the t10k files by default')
    .option('--name <name>', "name of the model; the old one's by default")
    .option('--from <layer>', 'first layer to train, or how its name begins; see "model inspect"')
    .option('--epochs <n>', 'how often every image is seen', positiveInteger, 20)
    .option('--batch <n>', 'images of an update, which the workers share', positiveInteger, 64)
    .option('--rate <x>', 'learning rate at its highest', between(1e-9, 100), 0.05)
    .addOption(
      new Option('--schedule <kind>', 'how the rate goes down: along half a cosine to 0, or by steps')
        .choices(['cosine', 'step'])
        .default('cosine'),
    )
    .option('--factor <x>', 'of a step', between(1e-6, 1), 0.96)
    .option('--every <n>', 'epochs from step to step', positiveInteger, 8)
    .option('--momentum <x>', 'how much of the velocity stays', between(0, 0.9999), 0.9)
    .option('--weight-decay <x>', 'penalty on filters and matrices', between(0, 1), 2e-4)
    .option('--dropout <x>', 'share of features left out before the last layer', between(0, 0.95), 0.4)
    .option('--auxiliary <x>', 'weight of auxiliary classifiers, where there are any', between(0, 10), 0.3)
    .option(
      '--averaging <x>',
      'share of the averaged weights that an update leaves; 0: no average',
      between(0, 0.999999),
      0.999,
    )
    .option('--area <x>', 'least share of an image that a sample shows', between(0.01, 1), 0.08)
    .option('--aspect <x>', 'longest aspect ratio of a sample', between(1, 10), 4 / 3)
    .option('--no-mirror', 'do not mirror half of the samples')
    .option('--colour <x>', 'how far brightness, contrast and saturation are changed', between(0, 0.9), 0.3)
    .option(
      '--workers <n>',
      'threads that compute gradients side by side; with 1, all cores work on one. By default one for each core, and for ' +
        `each ${leastShare} images of a batch`,
      threadCount,
    )
    .option('--asynchronous', 'take each gradient as soon as it comes: faster, and another model each time')
    .option('--hold-out <x>', 'share of the images that is not learnt from, for validation', between(0, 0.5), 0.05)
    .option('--seed <n>', 'the same gives the same model on the same machine', wholeNumber, 1)
    .option('--checkpoint <dir>', 'folder of checkpoint and history; <out>.training by default')
    .option('--resume', 'go on with the checkpoint')
    .option('--json', 'print the outcome as JSON, and no progress')
    .addHelpText(
      'after',
      '\nExamples:\n  $ inception-batch model build compact-inception --labels labels.txt --batch-norm --auxiliary --out .cache/untrained\n' +
        '  $ inception-batch model train .cache/untrained --data ./fashion-mnist --area 0.7 --rate 0.1 --out .cache/fashion\n' +
        '  $ inception-batch model train .cache/googlenet --data ./flowers --from inception_5b --rate 0.01 --out .cache/flowers\n',
    )
    .action(async (source: string, options: TrainOptions) => {
      const {
        data,
        test,
        out,
        name,
        checkpoint,
        holdOut: validationShare,
        resume = false,
        json: quiet = false,
      } = options;
      const places = { source, data, test, out, name, checkpoint, validationShare, resume, quiet };
      const report = await train(places, recipeOf(options));
      if (options.json) console.log(JSON.stringify(report));
      else if ('interrupted' in report) {
        console.log(
          `stopped after ${report.epochs} whole epochs and ${report.updates} updates; the same command with --resume goes on ` +
            `from ${report.checkpoint}`,
        );
      } else printTraining(report, process.stdout.columns);
      if ('interrupted' in report) process.exitCode = 130;
    });
}

function recipeOf(options: TrainOptions): Recipe {
  const { schedule, rate, epochs, factor, every, area, aspect, mirror, colour, dropout } = options;
  const {
    batch,
    workers = defaultWorkers(batch),
    asynchronous = false,
    momentum,
    weightDecay,
    auxiliary,
    averaging,
    seed,
    from,
  } = options;
  return {
    schedule: { kind: schedule, rate, epochs, factor, every },
    augmentation: { minArea: area, aspect, mirror, colour },
    batch,
    workers,
    asynchronous,
    momentum,
    weightDecay,
    auxiliaryWeight: auxiliary,
    dropout,
    auxiliaryDropout: 0.7,
    averaging,
    seed,
    from,
  };
}

/** With fewer images each, batch normalisation would measure little. */
const leastShare = 16;

function defaultWorkers(batch: number): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(batch / leastShare)));
}

function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^[\d.]+(e-?\d+)?$/i.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a number from ${least} to ${most}.`);
  };
}
