import { type Command, Option } from 'commander';
import { type HalfResult, halfModel } from '../../../model/quantize/half-model.ts';
import { quantiseModel } from '../../../model/quantize/quantise-model.ts';
import { modelId } from '../../../shared/model-manifest.ts';
import { UserError } from '../../../shared/user-error.ts';
import { positiveInteger } from '../pipeline-options.ts';

interface QuantizeOptions {
  readonly calibrate?: string;
  readonly fp16?: boolean;
  readonly images: number;
  readonly out: string;
  readonly json?: boolean;
}

export function addQuantizeCommand(model: Command): void {
  model
    .command('quantize')
    .argument('<dir>', 'a float model directory')
    .summary('make an int8 model for CPUs, or a half-precision one for GPUs')
    .description(
      'Make an int8 model of a float one. Ranges are taken from the images of a folder, which need no labels; a hundred ' +
        'that look like those to come are enough. The outcome is compared with the float model on the same images. ' +
        'With --fp16 a model in half precision instead, for GPUs, which needs no images.',
    )
    .addOption(new Option('--calibrate <folder>', 'folder of images').conflicts('fp16'))
    .option('--fp16', 'half precision instead of int8')
    .requiredOption('--out <dir>', 'the model directory to write')
    .option('--images <n>', 'images to calibrate with at most', positiveInteger, 100)
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ inception-batch model quantize .cache/googlenet --calibrate ./photos --out .cache/googlenet-int8\n',
    )
    .action(async (source: string, options: QuantizeOptions) => {
      if (options.fp16) return printHalf(await halfModel({ source, out: options.out }), options);
      const { calibrate } = options;
      if (calibrate === undefined) throw new UserError('expected --calibrate <folder> of images, or --fp16');
      const { manifest, ...outcome } = await quantiseModel({ source, ...options, calibrate });
      if (options.json) {
        console.log(JSON.stringify({ model: modelId(manifest), ...outcome }));
        return;
      }
      const { sameLabel, embeddingCosine } = outcome.agreement;
      console.log(
        `${modelId(manifest)} in ${outcome.directory}: on ${outcome.images} images the same label as before ` +
          `${(sameLabel * 100).toFixed(1)} % of the time, embeddings' cosine ${embeddingCosine.toFixed(4)}`,
      );
      if (outcome.inFloat.length > 0) console.log(`in float as before: ${outcome.inFloat.join(', ')}`);
      if (outcome.passedOver > 0) console.log(`no images, passed over: ${outcome.passedOver} files`);
    });
}

function printHalf({ manifest, directory, agreement }: HalfResult, { json }: QuantizeOptions): void {
  if (json) console.log(JSON.stringify({ model: modelId(manifest), directory, agreement }));
  else {
    const difference = agreement.maxDifference.toExponential(1);
    console.log(`${modelId(manifest)} in ${directory}: probabilities within ${difference} of the float model's`);
  }
}
