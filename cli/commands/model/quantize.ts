import type { Command } from 'commander';
import { type HalfResult, makeHalfModel } from '../../../model/quantize/make-half-model.ts';
import { quantizeModel } from '../../../model/quantize/quantize-model.ts';
import { describeSkipped } from '../../../model/verify/photo-folder.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { modelId } from '../../../shared/models/model-manifest.ts';
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
        'With --fp16 a model in half precision instead, for GPUs: what half precision cannot hold stays in float, and ' +
        'is found with the images, or with made-up ones where there are none.',
    )
    .option('--calibrate <folder>', 'folder of images')
    .option('--fp16', 'half precision instead of int8')
    .requiredOption('--out <dir>', 'the model directory to write')
    .option('--images <n>', 'images to calibrate with at most', positiveInteger, 100)
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ inception-batch model quantize .cache/googlenet --calibrate ./photos --out .cache/googlenet-int8\n',
    )
    .action(async (source: string, options: QuantizeOptions) => {
      if (options.fp16) return printHalf(await makeHalfModel({ source, ...options }), options);
      const { calibrate } = options;
      if (calibrate === undefined) throw new UserError('expected --calibrate <folder> of images, or --fp16');
      const { manifest, ...outcome } = await quantizeModel({ source, ...options, calibrate });
      if (options.json) {
        console.log(JSON.stringify({ model: modelId(manifest), ...outcome }));
        return;
      }
      const { sameLabel, embeddingCosine } = outcome.agreement;
      console.log(
        `${modelId(manifest)} in ${outcome.directory}: on ${outcome.images} images the same label as before ` +
          `${(sameLabel * 100).toFixed(1)} % of the time, embeddings' cosine ${embeddingCosine.toFixed(4)}`,
      );
      printRest(outcome);
    });
}

function printHalf({ manifest, ...outcome }: HalfResult, { json }: QuantizeOptions): void {
  if (json) {
    console.log(JSON.stringify({ model: modelId(manifest), ...outcome }));
    return;
  }
  const difference = outcome.agreement.maxDifference.toExponential(1);
  console.log(`${modelId(manifest)} in ${outcome.directory}: probabilities within ${difference} of the float model's`);
  printRest(outcome);
}

/** Nodes that are named on the terminal. */
const named = 3;

function printRest({ inFloat, leftOut }: Pick<HalfResult, 'inFloat' | 'leftOut'>): void {
  if (inFloat.length > 0) {
    const more = inFloat.length > named ? ` and ${inFloat.length - named} more: --json names all` : '';
    console.log(`in float as before: ${inFloat.slice(0, named).join(', ')}${more}`);
  }
  const line = describeSkipped(leftOut);
  if (line !== undefined) console.log(line);
}
