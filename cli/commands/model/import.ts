import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ImportResult, importModel } from '../../../model/import/import-model.ts';
import type { PreprocessingOptions, Size } from '../../../model/import/preprocessing-options.ts';
import { presets } from '../../../model/import/presets.ts';
import { modelId } from '../../../shared/models/model-manifest.ts';

type ImportCommandOptions = PreprocessingOptions & {
  readonly labels?: string;
  readonly out: string;
  readonly json?: boolean;
};

export function addImportCommand(model: Command): void {
  model
    .command('import')
    .argument('<onnx>', 'a published classifier in ONNX form, with one float image as its input')
    .summary('make a model directory from a published classifier')
    .description(
      'Make a model directory: the network with a free batch, a uint8 input and an embedding output, beside its ' +
        'manifest. The import proves itself: probabilities before and after must agree.',
    )
    .addOption(
      new Option('--preset <name>', 'how the network wants its images; the options below count for more').choices(
        Object.keys(presets),
      ),
    )
    .option('--mean <r,g,b>', 'value = scale × (pixel − mean), pixels 0 to 255, red first', perChannel)
    .option('--scale <r,g,b>', 'see --mean', perChannel)
    .addOption(new Option('--resize <rule>', 'stretch, or keep the shape and cover').choices(['warp', 'cover']))
    .option('--resize-size <WxH>', 'pixels, before the crop', size)
    .option('--crop-size <WxH>', 'pixels that the network takes, from the middle', size)
    .addOption(new Option('--order <order>', 'colour order that the network was trained on').choices(['RGB', 'BGR']))
    .option('--name <name>', "the model's name in results; by default the preset's or the file's")
    .option('--labels <file>', 'a line per class: its id, a space, its name; by default class-0, class-1, ...')
    .requiredOption('--out <dir>', 'the model directory to write')
    .option('--json', 'print the outcome as JSON')
    .addHelpText('after', `\nPresets:\n${presetLines()}\n${examples}`)
    .action(async (source: string, options: ImportCommandOptions) => {
      const outcome = await importModel({ source, ...options });
      if (options.json) console.log(JSON.stringify(importSummary(outcome)));
      else console.log(importLine(outcome, source));
    });
}

const examples =
  '\nExamples:\n  $ inception-batch model import googlenet-12.onnx --preset bvlc \\\n' +
  '      --labels synset_words.txt --out .cache/googlenet\n' +
  '  $ inception-batch model import flowers.onnx --preset torchvision --crop-size 192x192 --out flowers\n';

/** What an import came to, for machines. */
export function importSummary({ directory, manifest, parity }: ImportResult) {
  return { directory, model: modelId(manifest), labels: manifest.labels.length, difference: parity.maxDifference };
}

/** What an import came to, for people. */
export function importLine({ directory, manifest, parity }: ImportResult, source: string): string {
  const { labels, outputs } = manifest;
  return (
    `${modelId(manifest)} in ${directory}: ${labels.length} labels, embeddings of ${outputs.embeddingSize}, ` +
    `probabilities within ${parity.maxDifference.toExponential(1)} of ${source}`
  );
}

function presetLines(): string {
  const names = Object.keys(presets);
  const width = Math.max(...names.map(({ length }) => length));
  return Object.entries(presets)
    .map(([name, { description }]) => `  ${name.padEnd(width)}  ${description}`)
    .join('\n');
}

function perChannel(text: string): [number, number, number] {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [r, g, b] = numbers;
  if (r === undefined || g === undefined || b === undefined || numbers.length > 3 || !numbers.every(Number.isFinite)) {
    throw new InvalidArgumentError('Expected three numbers such as 123,117,104.');
  }
  return [r, g, b];
}

function size(text: string): Size {
  const [, width, height] = /^([1-9]\d*)[x×]([1-9]\d*)$/.exec(text) ?? [];
  if (width === undefined || height === undefined) throw new InvalidArgumentError('Expected a size such as 256x256.');
  return { width: Number(width), height: Number(height) };
}
