import { basename, extname, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type FinetuneResult, finetunedName, finetuneModel } from '../../../model/finetune/finetune-model.ts';
import { checkNotSource, checkReplaceable } from '../../../model/import/replace-directory.ts';
import { openResults } from '../../../results/open/open-results.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { modelId } from '../../../shared/models/model-manifest.ts';
import { gatherExamples, type LabeledExamples } from '../../engine/finetune/gather-examples.ts';
import { type AwsOptions, openStore, resultsSource } from '../../engine/locations.ts';
import { type FinetuneReport, printFinetune } from '../../terminal/print-finetune.ts';
import { addAwsOptions, positiveInteger, wholeNumber } from '../pipeline-options.ts';

interface FinetuneOptions extends AwsOptions {
  readonly store?: string;
  readonly labels: string;
  readonly out: string;
  readonly name?: string;
  readonly folds: number;
  readonly seed: number;
  readonly json?: boolean;
}

export function addFinetuneCommand(model: Command): void {
  addAwsOptions(model.command('finetune'))
    .argument('<dir>', 'a model directory: float, int8 or half precision')
    .summary('train a new last layer for your own labels')
    .description(
      'Replace the last layer of a model by one for your own labels. The new layer is fitted to the embeddings of labeled ' +
        'images, in seconds and without a GPU. Labels come from a folder with one subfolder per label, or from a CSV ' +
        'file with the columns image and label, where image is an image id or key of the results in --store, or a file ' +
        'path relative to the CSV file. Embeddings in --store are reused. Accuracy is cross-validated.',
    )
    .requiredOption('--labels <path>', 'a folder with one subfolder per label, or a CSV file')
    .requiredOption('--out <dir>', 'model directory to write')
    .option('--store <location>', 'results to read embeddings from: a folder or s3://bucket/prefix')
    .option('--name <name>', 'name of the new model (default: <old name>-<name of the labels>)')
    .option('--folds <n>', 'number of cross-validation folds', foldCount, 5)
    .option('--seed <n>', 'seed of the folds; the same seed gives the same model', wholeNumber, 1)
    .option('--json', 'print the result as JSON, without progress')
    .addHelpText(
      'after',
      '\nExamples:\n  $ inception-batch model finetune .cache/googlenet --labels ./flowers --out .cache/flowers\n' +
        '  $ inception-batch model finetune .cache/googlenet --labels labels.csv --store .cache/store --out .cache/own\n' +
        '\nNext: "inception-batch results relabel" applies the new labels to stored results without reading images.\n',
    )
    .action(async (source: string, options: FinetuneOptions) => {
      const report = await finetune(source, options);
      if (options.json) console.log(JSON.stringify(report));
      else printFinetune(report, process.stdout.columns);
    });
}

async function finetune(source: string, options: FinetuneOptions): Promise<FinetuneReport> {
  const { labels: path, out, folds, seed, json: quiet = false } = options;
  await checkNotSource(source, out);
  await checkReplaceable(resolve(out), out);
  const model = await loadModel(source);
  const { name = finetunedName(model.manifest.name, basename(resolve(path), extname(path))) } = options;
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) {
    throw new UserError(`give --name in lower-case letters, digits, ".", "_" and "-"; received: ${name}`);
  }
  const gathered = await gather(path, model, options, quiet);
  const { examples, labels } = gathered;
  const onStep = quiet ? {} : { onStep: (step: string) => console.error(`fitting: ${step}`) };
  const result = await finetuneModel({ model, examples, labels, name, out, folds, seed, ...onStep });
  return reportOf(out, gathered, result);
}

async function gather(
  path: string,
  model: Parameters<typeof gatherExamples>[1],
  { store, ...aws }: FinetuneOptions,
  quiet: boolean,
): Promise<LabeledExamples> {
  if (store === undefined) return gatherExamples(path, model, undefined, { quiet });
  const results = await openResults(resultsSource(openStore(store, aws)));
  try {
    return await gatherExamples(path, model, results, { quiet });
  } finally {
    await results.close();
  }
}

function reportOf(directory: string, gathered: LabeledExamples, result: FinetuneResult) {
  const { manifest, crossValidation, strength, converged } = result;
  const { examples, labels, leftOut, stored, computed } = gathered;
  const counts = labels.map((label, index) => ({
    label,
    images: examples.labels.reduce((sum, other) => (other === BigInt(index) ? sum + 1 : sum), 0),
  }));
  return {
    model: modelId(manifest),
    directory,
    finetunedFrom: manifest.finetunedFrom?.[0] ?? '',
    images: examples.labels.length,
    stored,
    computed,
    labels: counts,
    leftOut,
    strength,
    converged,
    crossValidation,
  };
}

function foldCount(text: string): number {
  const count = positiveInteger(text);
  if (count >= 2) return count;
  throw new InvalidArgumentError('Give at least 2.');
}
