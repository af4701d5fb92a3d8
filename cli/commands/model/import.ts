import { type Command, InvalidArgumentError, Option } from 'commander';
import { parityReference } from '../../../model/import/file/read-source.ts';
import { type ImportResult, importModel } from '../../../model/import/import-model.ts';
import { maxInputSide } from '../../../model/import/max-input-side.ts';
import type { PreprocessingOptions, Size } from '../../../model/import/preprocessing-options.ts';
import { presets } from '../../../model/import/presets.ts';
import { defaultDecodeRule } from '../../../shared/models/decode-rule.ts';
import { modelId } from '../../../shared/models/model-manifest.ts';
import { describeLabels, warnAboutNumbers } from '../../terminal/label-lines.ts';
import { helpText } from '../help-text.ts';
import { decodeOption } from './decode-option.ts';
import { overwriteModelOption } from './overwrite-option.ts';

type ImportCommandOptions = PreprocessingOptions & {
  readonly output?: string;
  readonly labels?: string;
  readonly out: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
};

export function addImportCommand(model: Command): void {
  model
    .command('import')
    .argument('<network>', 'published image classifier: an .onnx file, or the folder of a TensorFlow.js model')
    .summary('import a published classifier')
    .description(
      'Convert a published classifier to a model directory: a manifest and the network with a dynamic batch, a uint8 ' +
        'input and an embedding output. The import fails if the converted network gives different probabilities. Of a ' +
        'network with one logit, the first label is for low outputs, the second for high ones. docs/import.md lists which ' +
        'forms of networks can be imported.',
    )
    .addOption(
      new Option('--preset <name>', 'preprocessing options of a model family; the options below override them').choices(
        Object.keys(presets),
      ),
    )
    .option(
      '--mean <r,g,b>',
      'value = scale × (pixel − mean), pixels 0 to 255, red first, or one number for all',
      perChannel,
    )
    .option('--scale <r,g,b>', 'see --mean; neither is needed for a network of uint8 images', perChannel)
    .addOption(
      new Option(
        '--resize <rule>',
        'warp: stretch to the size; cover: keep the aspect ratio and fill the size',
      ).choices(['warp', 'cover']),
    )
    .option('--resize-size <WxH>', 'size in pixels before the crop', size)
    .option('--crop-size <WxH>', 'size in pixels of the center crop, the input of the network', size)
    .addOption(
      new Option(
        '--order <order>',
        'color order that the network was trained on; not needed for a grayscale network',
      ).choices(['RGB', 'BGR']),
    )
    .addOption(decodeOption(defaultDecodeRule))
    .option('--name <name>', "the model's name in results (default: from the file name)")
    .option('--output <name>', 'output with the class probabilities or logits, if the network has several outputs')
    .option(
      '--labels <file>',
      'label file with one class per line: id, space, name (default: those of the preset, or class-0, class-1, ...)',
    )
    .requiredOption('--out <dir>', 'model directory to write')
    .addOption(overwriteModelOption())
    .option('--json', 'print the result as JSON')
    .addHelpText('after', `\nPresets:\n${presetLines()}`)
    .addHelpText(
      'after',
      helpText({
        examples: [
          'model import googlenet-12.onnx --preset bvlc \\\n--labels synset_words.txt --out ./googlenet-model',
          'model import flowers.onnx --preset torchvision \\\n--crop-size 192x192 --out ./flowers-model',
          'model import two-outputs.onnx --output prob \\\n--preset timm --out ./own-model',
          'model import digits.onnx --mean 0 --scale 0.00392157 \\\n--resize warp --resize-size 28x28 --crop-size 28x28 --out ./digits-model',
          'model import --preset nsfwjs-299 --out ./nsfwjs-model \\\nnode_modules/nsfwjs/dist/models/inception_v3',
        ],
        exitCodes: { 0: 'imported' },
      }),
    )
    .action(async (source: string, options: ImportCommandOptions) => {
      const outcome = await importModel({ source, ...options });
      for (const note of outcome.notes) console.error(note);
      warnAboutNumbers(outcome.manifest.labels);
      if (options.json) console.log(JSON.stringify(importSummary(outcome)));
      else console.log(importLine(outcome, source));
    });
}

/** The result of an import for `--json`. */
export function importSummary({ directory, manifest, parity }: ImportResult) {
  return { directory, model: modelId(manifest), labels: manifest.labels.length, difference: parity.maxDifference };
}

/** The result of an import in one line. */
export function importLine({ directory, manifest, parity }: ImportResult, source: string): string {
  const { labels, outputs, source: published } = manifest;
  return (
    `${modelId(manifest)} in ${directory}: ${describeLabels(labels)}, embedding size ${outputs.embeddingSize}, ` +
    `probabilities within ${parity.maxDifference.toExponential(1)} of ${parityReference(source, published.file)}`
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
  const [r, g = r, b = r] = numbers;
  const isCount = numbers.length === 1 || numbers.length === 3;
  if (r === undefined || g === undefined || b === undefined || !isCount || !numbers.every(Number.isFinite)) {
    throw new InvalidArgumentError('Give three numbers such as 123,117,104, or one for all.');
  }
  return [r, g, b];
}

function size(text: string): Size {
  const [, width, height] = /^([1-9]\d*)[x×]([1-9]\d*)$/.exec(text) ?? [];
  if (width === undefined || height === undefined) throw new InvalidArgumentError('Give a size such as 256x256.');
  if (Math.max(Number(width), Number(height)) > maxInputSide) {
    throw new InvalidArgumentError(`Give a size of at most ${maxInputSide}x${maxInputSide}.`);
  }
  return { width: Number(width), height: Number(height) };
}
