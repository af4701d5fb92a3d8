import type { Command } from 'commander';
import type { Int8Model } from '../../../model/quantize/int8-model.ts';
import { type HalfResult, makeHalfModel } from '../../../model/quantize/make-half-model.ts';
import { defaultMinAgreement, type QuantizeResult, quantizeModel } from '../../../model/quantize/quantize-model.ts';
import { quantizeWithRanges } from '../../../model/quantize/quantize-with-ranges.ts';
import { checkRangesFile, readRecordedRanges, writeRecordedRanges } from '../../../model/quantize/ranges-file.ts';
import { describeSkipped, type SkippedFiles } from '../../../model/verify/photo-folder.ts';
import { modelId } from '../../../shared/models/model-manifest.ts';
import { modelDirectory } from '../../engine/models/open-model.ts';
import { UsageError } from '../../engine/usage-error.ts';
import { countOf } from '../../terminal/count-of.ts';
import { withModelProgress } from '../../terminal/model-progress.ts';
import { percent } from '../../terminal/percent.ts';
import { between } from '../between.ts';
import { helpText } from '../help-text.ts';
import { positiveInteger } from '../pipeline-options.ts';
import { overwriteModelOption } from './overwrite-option.ts';

interface QuantizeOptions {
  readonly calibrate?: string;
  readonly ranges?: string;
  readonly recordRanges?: string;
  readonly fp16?: boolean;
  readonly images: number;
  readonly minAgreement: number;
  readonly force?: boolean;
  readonly out: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

export function addQuantizeCommand(model: Command): void {
  model
    .command('quantize')
    .argument('<model>', 'a float model, by name or directory')
    .summary('convert a float model to int8 for CPUs, or to half precision for GPUs')
    .description(
      'Convert a float model to int8. Value ranges are measured on calibration images: about 100 images similar to ' +
        'your own, without labels. The int8 model is compared with the float model on other images of the folder, and ' +
        'its speed with the optimized float model. Layers that cost too much agreement stay in float. The command fails ' +
        'if the int8 model is slower, or agrees on too few images. With --fp16, convert to half precision instead, for ' +
        'GPUs: operators whose values are out of range stay in float. They are found on the calibration images, or on ' +
        'synthetic images without --calibrate.',
    )
    .option('--calibrate <folder>', 'folder of calibration images')
    .option('--record-ranges <file>', 'also write the measured value ranges, a small JSON file')
    .option('--ranges <file>', 'use recorded value ranges of the same network instead of images')
    .option('--fp16', 'half precision instead of int8')
    .requiredOption('--out <dir>', 'model directory to write')
    .addOption(overwriteModelOption())
    .option(
      '--images <n>',
      'maximum number of calibration images; at most as many others, at least a fifth of all, are held out to compare',
      positiveInteger,
      100,
    )
    .option(
      '--min-agreement <share>',
      'required share of held-out images with the same label as the float model',
      between(0, 1),
      defaultMinAgreement,
    )
    .option('--force', 'write the int8 model even if it is slower or agrees on too few images')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      helpText({
        examples: ['model quantize googlenet --calibrate ./photos \\\n--out ./googlenet-int8'],
        exitCodes: { 0: 'converted' },
      }),
    )
    .action(async (text: string, options: QuantizeOptions, command: Command) => {
      checkOptions(options);
      checkUsed(options, command);
      const source = await withModelProgress(options.json === true, (hooks) =>
        modelDirectory(text, { hooks, form: 'imported' }),
      );
      if (options.fp16) return printHalf(await makeHalfModel({ source, ...options }), options);
      if (options.ranges !== undefined) {
        const ranges = await readRecordedRanges(options.ranges);
        return printInt8(await quantizeWithRanges({ ...options, source, ranges }), options);
      }
      if (options.recordRanges !== undefined) await checkRangesFile(options.recordRanges, options.overwrite);
      const onStep = options.json ? undefined : (step: string) => console.error(`${step}…`);
      const { ranges, ...result } = await quantizeModel({
        source,
        ...options,
        calibrate: options.calibrate ?? '',
        onStep,
      });
      if (options.recordRanges !== undefined)
        await writeRecordedRanges(options.recordRanges, ranges, options.overwrite);
      printInt8(result, options);
    });
}

function checkOptions({ calibrate, ranges, recordRanges, fp16 = false }: QuantizeOptions): void {
  if (calibrate === undefined && ranges === undefined && !fp16) {
    throw new UsageError('give --calibrate <folder of images>, --ranges <file>, or --fp16 for half precision');
  }
  if (ranges !== undefined && (calibrate !== undefined || fp16)) {
    throw new UsageError(
      '--ranges replaces the calibration images of an int8 model: give it without --calibrate and --fp16',
    );
  }
  if (recordRanges !== undefined && (calibrate === undefined || fp16)) {
    throw new UsageError('--record-ranges needs --calibrate <folder of images>, and an int8 model');
  }
}

const unusedWithHalf = { minAgreement: '--min-agreement', force: '--force' };
const unusedWithRanges = { minAgreement: '--min-agreement', images: '--images' };

/** Rejects options without an effect. */
function checkUsed({ ranges, fp16 = false }: QuantizeOptions, command: Command): void {
  if (!fp16 && ranges === undefined) return;
  for (const [name, flag] of Object.entries(fp16 ? unusedWithHalf : unusedWithRanges)) {
    if (command.getOptionValueSource(name) !== 'cli') continue;
    throw new UsageError(`${flag} has no effect with ${fp16 ? '--fp16' : '--ranges'}: leave it out`);
  }
}

function printInt8(
  { manifest, ...outcome }: Int8Model & Partial<Pick<QuantizeResult, 'leftOut' | 'speedup' | 'floatLayers'>>,
  { json, ranges }: QuantizeOptions,
): void {
  if (json) {
    console.log(JSON.stringify({ model: modelId(manifest), ...outcome }));
    return;
  }
  const { sameLabel, sameLabelAtLeast, embeddingCosine, images } = outcome.agreement;
  const compared =
    ranges === undefined
      ? `same label as the float model on ${percent(sameLabel)} of ${countOf(images, 'held-out image')} ` +
        `(at least ${percent(sameLabelAtLeast)}, with 95 % confidence), embedding cosine `
      : `embedding cosine with the float model on ${images} synthetic images `;
  const speed =
    outcome.speedup === undefined
      ? ''
      : `, ${outcome.speedup.toFixed(1)} times as fast as optimized float on one thread`;
  console.log(`${modelId(manifest)} in ${outcome.directory}: ${compared}${embeddingCosine.toFixed(4)}${speed}`);
  if (outcome.floatLayers)
    console.log(`layers kept in float to agree more, chosen on the calibration images: ${outcome.floatLayers}`);
  printRest({ ...outcome, inFloat: outcome.inFloat.map(({ node, reason }) => `${node} (${reason})`) });
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

function printRest({ inFloat, leftOut = {} }: { inFloat: readonly string[]; leftOut?: SkippedFiles }): void {
  if (inFloat.length > 0) {
    const more = inFloat.length > maxNodes ? ` and ${inFloat.length - maxNodes} more (--json lists all)` : '';
    console.log(`still in float: ${inFloat.slice(0, maxNodes).join(', ')}${more}`);
  }
  const line = describeSkipped(leftOut);
  if (line !== undefined) console.log(line);
}
