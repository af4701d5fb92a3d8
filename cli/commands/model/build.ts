import { type Command, InvalidArgumentError, Option } from 'commander';
import { type BuildOptions, buildModel } from '../../../model/networks/build-model.ts';
import { networks } from '../../../model/networks/networks.ts';
import { modelId } from '../../../shared/models/model-manifest.ts';
import { positiveInteger } from '../pipeline-options.ts';

interface Options extends Omit<BuildOptions, 'network'> {
  readonly json?: boolean;
}

export function addBuildCommand(model: Command): void {
  model
    .command('build')
    .argument('<network>', Object.keys(networks).join(', '))
    .summary('make a model directory of a network from its paper')
    .description(
      'Make a model directory of a network as its paper describes it, with random weights, or with those of a published ' +
        'file of the same network; then probabilities must agree with that file. Published weights are matched by the ' +
        'order of the layers, and taken to be trained on BGR with the mean subtracted, as Caffe has it.',
    )
    .requiredOption('--out <dir>', 'the model directory to write')
    .option('--weights <onnx>', 'a published file of the same network to take the weights from')
    .option('--labels <file>', 'a line per class: its id, a space, its name')
    .option('--classes <n>', "number of classes; by default that of the labels, or else the paper's", positiveInteger)
    .option('--size <pixels>', "height and width of the image; by default the paper's", positiveInteger)
    .option('--width <factor>', 'multiplies the filters of every layer but the last', positiveNumber)
    .addOption(
      new Option('--modules <kind>', 'inception modules with or without dimension reduction').choices([
        'reduced',
        'naive',
      ]),
    )
    .option('--auxiliary', 'add the auxiliary classifiers for training, as outputs probabilities_4a and the like')
    .option('--batch-norm', 'batch normalisation instead of biases and local response normalisation')
    .option('--seed <n>', 'of the random weights; 1 by default', positiveInteger)
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ inception-batch model build googlenet --weights googlenet-12.onnx \\\n' +
        '      --labels synset_words.txt --out .cache/googlenet\n',
    )
    .action(async (network: string, { json, ...options }: Options) => {
      const { directory, manifest, parameters, difference } = await buildModel({ network, ...options });
      const { labels, outputs } = manifest;
      if (json) {
        const model = modelId(manifest);
        console.log(JSON.stringify({ directory, model, labels: labels.length, parameters, difference }));
        return;
      }
      console.log(
        `${modelId(manifest)} in ${directory}: ${parameters.toLocaleString('en')} parameters, ${labels.length} labels, ` +
          `embeddings of ${outputs.embeddingSize}${agreement(options.weights, difference)}`,
      );
    });
}

function agreement(weights: string | undefined, difference: number | undefined): string {
  if (weights === undefined) return ', random weights';
  if (difference === undefined) return `, weights of ${weights}, which takes other images: not compared`;
  return `, probabilities within ${difference.toExponential(1)} of ${weights}`;
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (/^[\d.]+$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError('Expected a number above 0.');
}
