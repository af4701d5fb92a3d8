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
    .summary('convert a float model to int8 for CPUs, or to half precision for GPUs')
    .description(
      'Convert a float model to int8. Value ranges are measured on calibration images: about 100 images similar to ' +
        'your own, without labels. The int8 model is compared with the float model on the same images. With --fp16, ' +
        'convert to half precision instead, for GPUs: operators whose values are out of range stay in float. They ' +
        'are found on the calibration images, or on synthetic images without --calibrate.',
    )
    .option('--calibrate <folder>', 'folder of calibration images')
    .option('--fp16', 'half precision instead of int8')
    .requiredOption('--out <dir>', 'model directory to write')
    .option('--images <n>', 'maximum number of calibration images', positiveInteger, 100)
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ inception-batch model quantize .cache/googlenet --calibrate ./photos --out .cache/googlenet-int8\n',
    )
    .action(async (source: string, options: QuantizeOptions) => {
      if (options.fp16) return printHalf(await makeHalfModel({ source, ...options }), options);
      const { calibrate } = options;
      if (calibrate === undefined) throw new UserError('give --calibrate <folder of images>, or --fp16');
      const { manifest, ...outcome } = await quantizeModel({ source, ...options, calibrate });
      if (options.json) {
        console.log(JSON.stringify({ model: modelId(manifest), ...outcome }));
        return;
      }
      const { sameLabel, embeddingCosine } = outcome.agreement;
      console.log(
        `${modelId(manifest)} in ${outcome.directory}: same label as the float model on ` +
          `${(sameLabel * 100).toFixed(1)} % of ${outcome.images} images, embedding cosine ${embeddingCosine.toFixed(4)}`,
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
  console.log(`${modelId(manifest)} in ${outcome.directory}: probabilities within ${difference} of the float model`);
  printRest(outcome);
}

/** Maximum number of nodes to print. */
const maxNodes = 3;

function printRest({ inFloat, leftOut }: Pick<HalfResult, 'inFloat' | 'leftOut'>): void {
  if (inFloat.length > 0) {
    const more = inFloat.length > maxNodes ? ` and ${inFloat.length - maxNodes} more (--json lists all)` : '';
    console.log(`still in float: ${inFloat.slice(0, maxNodes).join(', ')}${more}`);
  }
  const line = describeSkipped(leftOut);
  if (line !== undefined) console.log(line);
}
