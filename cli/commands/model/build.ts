import { type Command, InvalidArgumentError, Option } from 'commander';
import { maxInputSide } from '../../../model/import/max-input-side.ts';
import { type BuildOptions, buildModel } from '../../../model/networks/build-model.ts';
import { networks } from '../../../model/networks/networks.ts';
import { defaultDecodeRule } from '../../../shared/models/decode-rule.ts';
import { modelId } from '../../../shared/models/model-manifest.ts';
import { modelDirectory } from '../../engine/models/open-model.ts';
import { describeLabels, warnAboutNumbers } from '../../terminal/label-lines.ts';
import { withModelProgress } from '../../terminal/model-progress.ts';
import { helpText } from '../help-text.ts';

import { integerTo, positiveInteger } from '../pipeline-options.ts';
import { decodeOption } from './decode-option.ts';
import { overwriteModelOption } from './overwrite-option.ts';

interface Options extends Omit<BuildOptions, 'network'> {
  readonly json?: boolean;
}

export function addBuildCommand(model: Command): void {
  model
    .command('build')
    .argument('<network>', Object.keys(networks).join(', '))
    .summary('build a model from a published architecture')
    .description(
      'Build a network as its paper describes it and write a model directory. Weights are random, or copied from a ' +
        'published file of the same network; the probabilities must then agree with that file. Published weights are ' +
        'matched by the order of layers and branches. Those of googlenet, lenet5 and network-in-network are assumed to be ' +
        'trained on BGR images with the mean subtracted, as in Caffe; those of inception-v2 and inception-v3 on RGB images ' +
        'from -1 to 1, as in TensorFlow. inception-v2 is the network of "Rethinking the Inception ' +
        'Architecture" (2015), not the earlier one with batch normalization. With --trunk, all layers before the classifier ' +
        'are those of another model; train the rest with "model train --from", or use "model finetune".',
    )
    .requiredOption('--out <dir>', 'model directory to write')
    .addOption(overwriteModelOption())
    .option('--weights <onnx>', 'published file of the same network to copy the weights from')
    .option('--trunk <model>', 'model by name or directory to copy all layers before the classifier from')
    .option('--labels <file>', 'label file with one class per line: id, space, name')
    .option('--classes <n>', 'number of classes (default: one per label, or as in the paper)', integerTo(100_000))
    .option(
      '--size <pixels>',
      'height and width of the input image (default: as in the paper)',
      integerTo(maxInputSide),
    )
    .option('--width <factor>', 'width multiplier for the filters of every layer except the last', positiveNumber)
    .addOption(
      new Option(
        '--modules <kind>',
        'modules with (reduced) or without (naive) dimension reduction; googlenet and compact-inception only',
      ).choices(['reduced', 'naive']),
    )
    .option(
      '--auxiliary',
      'add auxiliary classifiers for training, as outputs such as probabilities_4a; inception networks only',
    )
    .option(
      '--batch-norm',
      'use batch normalization instead of biases and local response normalization; always in -v2, -v3 and -resnet',
    )
    .option('--seed <n>', 'seed of the random weights (default: 1)', positiveInteger)
    .addOption(decodeOption(`${defaultDecodeRule}, or that of the trunk`))
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      helpText({
        examples: [
          'model build inception-v3 --labels labels.txt \\\n--auxiliary --out ./untrained',
          'model build inception-v3 --trunk ./nsfwjs-model \\\n--labels labels.txt --out ./untrained',
          'model build googlenet --weights googlenet-12.onnx \\\n--labels synset_words.txt --out ./googlenet-model',
        ],
        exitCodes: { 0: 'built' },
      }),
    )
    .action(async (network: string, { json, ...options }: Options) => {
      const { trunk } = options;
      const source =
        trunk &&
        (await withModelProgress(json === true, (hooks) => modelDirectory(trunk, { hooks, form: 'imported' })));
      const { directory, manifest, parameters, difference } = await buildModel({
        ...{ network, ...options },
        ...(source === undefined ? {} : { trunk: source }),
      });
      const { labels, outputs } = manifest;
      warnAboutNumbers(labels);
      if (json) {
        const model = modelId(manifest);
        console.log(JSON.stringify({ directory, model, labels: labels.length, parameters, difference }));
        return;
      }
      console.log(
        `${modelId(manifest)} in ${directory}: ${parameters.toLocaleString('en')} parameters, ${describeLabels(labels)}, ` +
          `embedding size ${outputs.embeddingSize}${agreement(options, difference)}`,
      );
    });
}

function agreement({ weights, trunk }: Options, difference: number | undefined): string {
  if (trunk !== undefined) {
    return `, features within ${(difference ?? 0).toExponential(1)} of ${trunk}; the classifier has random weights`;
  }
  if (weights === undefined) return ', random weights';
  if (difference === undefined) return `, weights of ${weights} (not compared: its input has another shape or type)`;
  return `, probabilities within ${difference.toExponential(1)} of ${weights}`;
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (/^[\d.]+$/.test(text) && value > 0 && value <= 16) return value;
  throw new InvalidArgumentError('Give a number above 0, at most 16.');
}
