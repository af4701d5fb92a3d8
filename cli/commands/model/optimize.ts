import type { Command } from 'commander';
import { optimizeModel } from '../../../model/optimize/optimize-model.ts';
import { modelId } from '../../../shared/models/model-manifest.ts';
import { modelDirectory } from '../../engine/models/open-model.ts';
import { withModelProgress } from '../../terminal/model-progress.ts';
import { helpText } from '../help-text.ts';
import { overwriteModelOption } from './overwrite-option.ts';

interface OptimizeOptions {
  readonly out: string;
  readonly overwrite?: boolean;
  readonly mergeSiblings?: boolean;
  readonly json?: boolean;
}

export function addOptimizeCommand(model: Command): void {
  model
    .command('optimize')
    .argument('<model>', 'a model by name or directory')
    .summary('make a model faster without changing its results')
    .description(
      'Rewrite the network so that it runs faster: fold constants and batch normalization, and replace local ' +
        'response normalization with a convolution. Probabilities must agree with the original within 1e-4.',
    )
    .requiredOption('--out <dir>', 'model directory to write')
    .addOption(overwriteModelOption())
    .option('--merge-siblings', 'merge 1×1 convolutions that read the same input: slower on CPUs, may help on GPUs')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      helpText({ examples: ['model optimize ./flowers-model --out ./flowers-fast'], exitCodes: { 0: 'optimized' } }),
    )
    .action(async (text: string, options: OptimizeOptions) => {
      const source = await withModelProgress(options.json === true, (hooks) =>
        modelDirectory(text, { hooks, form: 'imported' }),
      );
      const { out, overwrite, mergeSiblings = false } = options;
      const { manifest, directory, passes, agreement } = await optimizeModel({ source, out, overwrite, mergeSiblings });
      if (options.json) console.log(JSON.stringify({ model: modelId(manifest), directory, passes, agreement }));
      else {
        const applied = passes.length === 0 ? 'no optimization applies' : passes.join(', ');
        const difference = agreement.maxDifference.toExponential(1);
        console.log(
          `${modelId(manifest)} in ${directory}: ${applied}; probabilities within ${difference} of ${source}`,
        );
      }
    });
}
