import { type Command, Option } from 'commander';
import { trainingAccelerators } from '../../../model/train/accelerator/open-accelerated.ts';
import { maxBatch, minWorkerImages } from '../../../model/train/plan/choose-settings.ts';
import type { Settings } from '../../../model/train/recipe-settings.ts';
import { displayLabel } from '../../../shared/models/label-name.ts';
import { modelDirectory } from '../../engine/models/open-model.ts';
import { type TrainOptions, train } from '../../engine/train/train.ts';
import { countOf } from '../../terminal/count-of.ts';
import { countProgress } from '../../terminal/count-progress.ts';
import { interruptible } from '../../terminal/interruption.ts';
import { withModelProgress } from '../../terminal/model-progress.ts';
import { printTraining } from '../../terminal/print-training.ts';
import { printTrainingPlan } from '../../terminal/print-training-plan.ts';
import { trainingProgress } from '../../terminal/training-progress.ts';
import { between } from '../between.ts';
import { helpText } from '../help-text.ts';
import { integerTo, positiveInteger, threadCount, wholeNumber } from '../pipeline-options.ts';
import { overwriteModelOption } from './overwrite-option.ts';
import { givenSettings, recipeOptionsOf, type TrainingSettings } from './training-settings.ts';

interface CommandOptions
  extends TrainingSettings,
    Omit<TrainOptions, 'validationShare' | 'resume' | 'given' | 'nameOf'> {
  readonly holdOut: number;
  readonly resume?: boolean;
  readonly json?: boolean;
}

export function addTrainCommand(model: Command): void {
  model
    .command('train')
    .argument('<model>', 'a float model by name, or a directory of "model build" or "model import"')
    .summary('train a network on labeled images, completely or from a layer on')
    .description(
      'Train a network by stochastic gradient descent with the recipe of the GoogLeNet paper: random crops, auxiliary ' +
        'classifiers, dropout, momentum, averaged weights. The third example has the recipe of the Inception-v3 paper. ' +
        'onnxruntime computes the gradients. Data is a folder with one subfolder per label, a CSV ' +
        'file with the columns image and label, or IDX files (the format of MNIST), where ' +
        "class k is the model's label k. If the labels differ from the model's, the last layer is replaced and auxiliary " +
        'classifiers are removed. With --from, only that layer and the layers after it are trained. The written ' +
        'model has the averaged weights and no auxiliary classifiers. Ctrl-C saves a checkpoint; continue with ' +
        '--resume.',
    )
    .requiredOption('--data <path>', 'labeled training images')
    .requiredOption('--out <dir>', 'model directory to write')
    .addOption(overwriteModelOption())
    .option('--test <path>', 'labeled images for a final test (default for an IDX folder: its t10k files)')
    .option('--name <name>', 'name of the new model (default: the old name)')
    .option('--from <layer>', 'first layer to train: its name or the beginning of it, see "model inspect"')
    .option('--epochs <n>', 'number of passes over the training images', positiveInteger, 20)
    .option(
      '--batch <n>',
      `images per update, divided among the workers (default: ${minWorkerImages} to ${maxBatch}, for 30 updates per epoch)`,
      integerTo(16_384),
    )
    .option(
      '--rate <x>',
      'maximum learning rate (default: for 64 images per update 0.05, or 0.1 if a network with batch normalization is trained ' +
        'completely; in proportion to the images)',
      between(1e-9, 100),
    )
    .addOption(
      new Option('--schedule <kind>', 'decay of the learning rate: half a cosine to 0, or in steps')
        .choices(['cosine', 'step'])
        .default('cosine'),
    )
    .option('--factor <x>', 'factor of each step (--schedule step)', between(1e-6, 1), 0.96)
    .option('--every <n>', 'epochs per step (--schedule step)', positiveInteger, 8)
    .option('--momentum <x>', 'momentum', between(0, 0.9999), 0.9)
    .addOption(
      new Option(
        '--optimizer <kind>',
        'stochastic gradient descent (sgd), or with each gradient divided by its recent size (rmsprop)',
      )
        .choices(['sgd', 'rmsprop'])
        .default('sgd'),
    )
    .option('--rms-decay <x>', 'decay of the average of squared gradients (rmsprop)', between(0, 0.9999), 0.9)
    .option('--rms-epsilon <x>', 'number added to that average (rmsprop)', between(1e-10, 100), 1)
    .option(
      '--clip <norm>',
      'maximum norm of the gradient; a longer one is scaled down (default: no limit)',
      between(1e-6, 1e6),
    )
    .option('--label-smoothing <x>', "share of a label's probability spread over all classes", between(0, 0.9), 0)
    .option('--weight-decay <x>', 'L2 penalty on filters and matrices', between(0, 1), 2e-4)
    .option('--dropout <x>', 'dropout ratio before the last layer', between(0, 0.95), 0.4)
    .option('--auxiliary <x>', "weight of the auxiliary classifiers' loss", between(0, 10), 0.3)
    .option(
      '--auxiliary-dropout <x>',
      'dropout ratio before the last layer of auxiliary classifiers',
      between(0, 0.95),
      0.7,
    )
    .option(
      '--averaging <x>',
      'decay of the moving average (EMA) of the weights; 0: no average',
      between(0, 0.999999),
      0.999,
    )
    .option('--area <x>', 'minimum area of a random crop, as a share of the image', between(0.01, 1), 0.08)
    .option('--aspect <x>', 'maximum aspect ratio of a random crop', between(1, 10), 4 / 3)
    .option('--no-mirror', 'do not mirror half of the crops')
    .option('--color <x>', 'maximum change of brightness, contrast and saturation', between(0, 0.9), 0.3)
    .option('--shift <pixels>', 'maximum translation of an image along each axis', wholeNumber, 0)
    .option('--erase <x>', 'share of the images in which a random rectangle is erased', between(0, 1), 0)
    .option(
      '--workers <n>',
      'parallel gradient threads; with 1, one gradient uses all cores (default: one per core, at least ' +
        `${minWorkerImages} images each)`,
      threadCount,
    )
    .addOption(
      new Option(
        '--accelerator <name>',
        "device that computes the updates; auto picks the first available one whose gradients are the CPU's, and that is faster",
      )
        .choices(trainingAccelerators)
        .default('cpu'),
    )
    .option('--asynchronous', 'apply each gradient at once: faster, but not reproducible')
    .option('--hold-out <x>', 'share of the images held out for validation', between(0, 0.5), 0.05)
    .option('--seed <n>', 'random seed; the same seed gives the same model on the same machine', wholeNumber, 1)
    .option('--checkpoint <dir>', 'folder of checkpoint and history (default: <out>.training)')
    .option('--resume', 'continue from the checkpoint, with its settings')
    .option('--json', 'print the result as JSON, without progress')
    .addHelpText(
      'after',
      helpText({
        examples: [
          'model build compact-inception --labels labels.txt \\\n--batch-norm --auxiliary --out ./untrained',
          'model train ./untrained --data ./fashion-mnist \\\n--area 0.7 --rate 0.1 --out ./fashion-model',
          'model train ./untrained-v3 --data ./photos \\\n--optimizer rmsprop --rate 0.045 ' +
            '--schedule step --factor 0.94 --every 2 \\\n--clip 2 --label-smoothing 0.1 --out ./photos-model',
          'model train googlenet --data ./flowers \\\n--from inception_5b --rate 0.01 --out ./flowers-model',
        ],
        exitCodes: { 0: 'trained' },
      }),
    )
    .action(async (text: string, options: CommandOptions, command: Command) => {
      const source = await withModelProgress(options.json === true, (hooks) =>
        modelDirectory(text, { hooks, form: 'imported' }),
      );
      const report = await trainWithProgress(source, options, givenSettings(command));
      if (options.json) console.log(JSON.stringify(report));
      else if ('interrupted' in report) {
        const { epochs, updates, checkpoint } = report;
        console.log(
          updates === 0
            ? 'interrupted before the first update: repeat the command to start again'
            : `interrupted after ${countOf(epochs, 'epoch')} and ${countOf(updates, 'update')}; to continue from ` +
                `${checkpoint}, repeat the command with --resume`,
        );
      } else printTraining(report, process.stdout.columns);
      if ('interrupted' in report) process.exitCode = 130;
    });
}

async function trainWithProgress(source: string, options: CommandOptions, given: Settings): ReturnType<typeof train> {
  const { holdOut: validationShare, resume = false, json: quiet = false } = options;
  const decoding = quiet ? undefined : countProgress('decoded');
  const training = quiet ? undefined : trainingProgress();
  try {
    const nameOf = quiet ? undefined : displayLabel;
    return await train(source, { ...options, validationShare, resume, given, nameOf }, recipeOptionsOf(options), {
      onNotice: (text) => quiet || console.error(`warning: ${text}`),
      onFinding: (text) => quiet || console.error(text),
      onPlan: (plan, nameOf) => quiet || printTrainingPlan(plan, nameOf),
      onDecoded: (done, total) => decoding?.show(done, total),
      onUpdate: (progress) => training?.show(progress),
      onEpoch: (record) => training?.epoch(record),
      training(work) {
        decoding?.stop();
        return interruptible(work);
      },
    });
  } finally {
    decoding?.stop();
    training?.stop();
  }
}
