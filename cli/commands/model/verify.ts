import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { findModelFile } from '../../../model/tensorflow-js/file/find-model-file.ts';
import type { Accuracy } from '../../../model/verify/accuracy.ts';
import { type Comparison, compareModels } from '../../../model/verify/compare-models.ts';
import { describeSkipped } from '../../../model/verify/photo-folder.ts';
import { verifyModel } from '../../../model/verify/verify-model.ts';
import type { Accelerator } from '../../../shared/inference/accelerator/provider.ts';
import { modelDirectory } from '../../engine/models/open-model.ts';
import { withModelProgress } from '../../terminal/model-progress.ts';
import { percent } from '../../terminal/percent.ts';
import { helpText } from '../help-text.ts';
import { acceleratorOption } from '../pipeline-options.ts';

interface VerifyOptions {
  readonly against?: string;
  readonly photos?: string;
  readonly accelerator: Accelerator;
  readonly json?: boolean;
}

export function addVerifyCommand(model: Command): void {
  model
    .command('verify')
    .argument('<model>', 'a model by name or directory')
    .summary('check a model and compare it with its original')
    .description(
      'Check that a model matches its manifest. --against a published .onnx file or TensorFlow.js model checks that the ' +
        'probabilities agree; --against a model directory reports agreement and speed. --photos reports accuracy. An int8 or ' +
        'half-precision model differs from the published file by design: compare it with the float model directory. ' +
        '--accelerator checks the reference output on that device.',
    )
    .option('--against <path>', 'network that a float model was imported from, or another model directory')
    .option('--photos <folder>', 'photos named <label id>_..., or in one folder per label')
    .addOption(acceleratorOption())
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      helpText({
        examples: [
          'model verify googlenet --against googlenet-12.onnx',
          'model verify googlenet-int8 --against googlenet \\\n--photos ./labeled',
        ],
        exitCodes: { 0: 'every check passed', 1: 'an error, or a check failed' },
      }),
    )
    .action(async (text: string, { against: other, photos, accelerator, json }: VerifyOptions) => {
      const isModel = other !== undefined && !(await isPublished(other));
      const [directory, against] = await withModelProgress(
        json === true,
        async (hooks) =>
          [await modelDirectory(text, { hooks }), isModel ? await modelDirectory(other, { hooks }) : other] as const,
      );
      const report = await verifyModel(directory, {
        accelerator,
        ...(against === undefined || isModel ? {} : { against }),
      });
      const inputs = { ...(photos === undefined ? {} : { photos }), ...(isModel ? { against } : {}) };
      const comparison = report.ok && (photos || isModel) ? await compareModels(directory, inputs) : {};
      if (json) console.log(JSON.stringify({ ...report, ...comparison }));
      else {
        for (const { name, ok, detail } of report.checks) console.log(`${ok ? 'ok  ' : 'FAIL'}  ${name}: ${detail}`);
        printComparison(comparison);
      }
      process.exitCode = report.ok ? 0 : 1;
    });
}

function printComparison({ accuracy, against, leftOut = {} }: Comparison): void {
  const line = describeSkipped(leftOut);
  if (line !== undefined) console.log(line);
  if (accuracy) console.log(`accuracy: ${describeAccuracy(accuracy)}`);
  if (against === undefined) return;
  const { agreement, speed, model } = against;
  if (against.accuracy) console.log(`accuracy of ${model}: ${describeAccuracy(against.accuracy)}`);
  console.log(
    `against ${model}: same label for ${percent(agreement.sameLabel)} of ${agreement.images} images ` +
      `(at least ${percent(agreement.sameLabelAtLeast)}, with 95 % confidence), ` +
      `probabilities within ${agreement.maxDifference.toExponential(1)}, ` +
      `mean cosine of embeddings ${agreement.embeddingCosine.toFixed(4)}, speedup ${speed.toFixed(2)}×`,
  );
}

function describeAccuracy({ images, top1, top5 }: Accuracy): string {
  return `top-1 ${top1.toFixed(3)}, top-5 ${top5.toFixed(3)} on ${images} photos`;
}

/** True for an .onnx file, also a missing one, and for a TensorFlow.js model. */
async function isPublished(path: string): Promise<boolean> {
  if (path.endsWith('.onnx') || (await findModelFile(path)) !== undefined) return true;
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
