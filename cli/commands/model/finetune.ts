import { type Command, InvalidArgumentError } from 'commander';
import { type FinetuneOptions, finetune } from '../../engine/finetune/finetune.ts';
import { modelDirectory } from '../../engine/models/open-model.ts';
import { withModelProgress } from '../../terminal/model-progress.ts';
import { printFinetune } from '../../terminal/print-finetune.ts';
import { withRunDisplay } from '../../terminal/with-display.ts';
import { helpText } from '../help-text.ts';
import { addAwsOptions, positiveInteger, wholeNumber } from '../pipeline-options.ts';
import { overwriteModelOption } from './overwrite-option.ts';

export function addFinetuneCommand(model: Command): void {
  addAwsOptions(model.command('finetune'))
    .argument('<model>', 'a model by name or directory: float, int8 or half precision')
    .summary('train a new last layer for your own labels')
    .description(
      'Replace the last layer of a model by one for your own labels. The new layer is fitted to the embeddings of ' +
        'labeled images, in seconds and without a GPU. Labels come from a folder with one subfolder per label, or ' +
        'from a CSV file with the columns image and label, where image is an image id or key of the results in ' +
        '--store, or a file path relative to the CSV file. Embeddings in --store are reused. Accuracy is ' +
        'cross-validated.',
    )
    .requiredOption('--labels <path>', 'a folder with one subfolder per label, or a CSV file')
    .requiredOption('--out <dir>', 'model directory to write')
    .addOption(overwriteModelOption())
    .option('--store <location>', 'results to read embeddings from: a folder or s3://bucket/prefix')
    .option('--name <name>', 'name of the new model (default: <old name>-<name of the labels>)')
    .option('--folds <n>', 'number of cross-validation folds', foldCount, 5)
    .option('--seed <n>', 'seed of the folds; the same seed gives the same model', wholeNumber, 1)
    .option('--json', 'print the result as JSON, without progress')
    .addHelpText(
      'after',
      helpText({
        examples: [
          'model finetune googlenet --labels ./flowers \\\n--out ./flowers-model',
          'model finetune googlenet --labels labels.csv \\\n--store inception-store --out ./own-model',
        ],
        note: '"results relabel" then applies the new labels to stored results, without reading\nimages.',
        exitCodes: { 0: 'trained' },
      }),
    )
    .action(async (text: string, options: FinetuneOptions & { readonly json?: boolean }) => {
      const quiet = options.json === true;
      const source = await withModelProgress(quiet, (hooks) => modelDirectory(text, { hooks }));
      const report = await finetune(source, options, {
        display: (work) => withRunDisplay(quiet, work),
        onStep: (step) => quiet || console.error(`fitting: ${step}`),
      });
      if (options.json) console.log(JSON.stringify(report));
      else printFinetune(report, process.stdout.columns);
    });
}

function foldCount(text: string): number {
  const count = positiveInteger(text);
  if (count >= 2 && count <= 1000) return count;
  throw new InvalidArgumentError('Give a whole number from 2 to 1000.');
}
