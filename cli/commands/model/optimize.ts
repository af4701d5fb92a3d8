import type { Command } from 'commander';
import { optimizeModel } from '../../../model/optimize/optimize-model.ts';
import { modelId } from '../../../shared/models/model-manifest.ts';

interface OptimizeOptions {
  readonly out: string;
  readonly mergeSiblings?: boolean;
  readonly json?: boolean;
}

export function addOptimizeCommand(model: Command): void {
  model
    .command('optimize')
    .argument('<dir>', 'a model directory')
    .summary('make a model that computes the same, faster')
    .description(
      'Make a model that computes the same faster: normalisation over channels as a convolution, batch normalisation and ' +
        'constants folded. The outcome proves itself: probabilities before and after must agree within 1e-4.',
    )
    .requiredOption('--out <dir>', 'the model directory to write')
    .option('--merge-siblings', 'merge 1×1 convolutions on one input; slower on the CPU, to be tried on others')
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ inception-batch model optimize .cache/googlenet --out .cache/googlenet-fast\n',
    )
    .action(async (source: string, options: OptimizeOptions) => {
      const { out, mergeSiblings = false } = options;
      const { manifest, directory, passes, agreement } = await optimizeModel({ source, out, mergeSiblings });
      if (options.json) console.log(JSON.stringify({ model: modelId(manifest), directory, passes, agreement }));
      else {
        const done = passes.length === 0 ? 'nothing to do' : passes.join(', ');
        const difference = agreement.maxDifference.toExponential(1);
        console.log(`${modelId(manifest)} in ${directory}: ${done}; probabilities within ${difference} of ${source}`);
      }
    });
}
