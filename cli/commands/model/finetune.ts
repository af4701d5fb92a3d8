import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Views } from '../../../model/finetune/crop-plan.ts';
import { maxRegions } from '../../../shared/models/regions-rule.ts';
import { type FinetuneOptions, finetune, maxImagesToChoose } from '../../engine/finetune/finetune.ts';
import { type FinetuneBoxesOptions, finetuneBoxes } from '../../engine/finetune/finetune-boxes.ts';
import { modelDirectory } from '../../engine/models/open-model.ts';
import { UsageError } from '../../engine/usage-error.ts';
import { countProgress } from '../../terminal/count-progress.ts';
import { withModelProgress } from '../../terminal/model-progress.ts';
import { printDetector } from '../../terminal/print-detector.ts';
import { printFinetune } from '../../terminal/print-finetune.ts';
import { withRunDisplay } from '../../terminal/with-display.ts';
import { helpText } from '../help-text.ts';
import { addAwsOptions, cropsOption, integerTo, positiveInteger, wholeNumber } from '../pipeline-options.ts';
import { overwriteModelOption } from './overwrite-option.ts';

/** Proposals per image. More of them take longer, and mostly add background. */
const defaultRegions = 200;

type Options = Partial<FinetuneOptions & FinetuneBoxesOptions> & {
  readonly out: string;
  readonly folds: number;
  readonly seed: number;
  readonly regions: number;
  readonly json?: boolean;
};

export function addFinetuneCommand(model: Command): void {
  addAwsOptions(model.command('finetune'))
    .argument('<model>', 'a model by name or directory: float, int8 or half precision')
    .summary('train a new last layer for your own labels')
    .description(
      'Replace the last layer of a model by one for your own labels. The new layer is fitted to the embeddings of ' +
        'labeled images, in seconds and without a GPU. Labels come from a folder with one subfolder per label, or ' +
        'from a CSV file with the columns image and label, where image is an image id or key of the results in ' +
        '--store, or a file path relative to the CSV file. Embeddings in --store are reused. Accuracy is ' +
        'cross-validated. With --boxes the result is a detector for "run --regions": its layer tells objects from ' +
        'background, and another one moves boxes.',
    )
    .option('--labels <path>', 'a folder with one subfolder per label, or a CSV file')
    .option('--boxes <path>', 'annotated boxes instead: a folder of PASCAL VOC .xml files, or a COCO .json file')
    .option('--images <folder>', 'images of --boxes (default: the folder of the annotations)')
    .option(
      '--regions <n>',
      'with --boxes: proposed regions per image, 1 to 1000',
      integerTo(maxRegions),
      defaultRegions,
    )
    .requiredOption('--out <dir>', 'model directory to write')
    .addOption(overwriteModelOption())
    .option('--store <location>', 'results to read embeddings from: a folder or s3://bucket/prefix')
    .addOption(viewsOption())
    .addOption(cropsOption())
    .option(
      '--layers <n>',
      'inception modules whose outputs the new layer reads, from the last one (default: 1 or 3, the more accurate; 1 with ' +
        `--store, more than ${maxImagesToChoose} images or a network that is not float)`,
      positiveInteger,
    )
    .option('--name <name>', 'name of the new model (default: <old name>-<name of the labels or boxes>)')
    .option('--folds <n>', 'number of cross-validation folds', foldCount, 5)
    .option('--seed <n>', 'seed of the folds; the same seed gives the same model', wholeNumber, 1)
    .option('--json', 'print the result as JSON, without progress')
    .addHelpText(
      'after',
      helpText({
        examples: [
          'model finetune googlenet --labels ./flowers \\\n--out ./flowers-model',
          'model finetune googlenet --labels labels.csv \\\n--store inception-store --out ./own-model',
          'model finetune googlenet-int8 --boxes ./annotations \\\n--images ./photos --out ./detector',
        ],
        note: 'With --store or --layers 1, "results relabel" then applies the new labels to\nstored results, without reading images.',
        exitCodes: { 0: 'trained' },
      }),
    )
    .action(async (text: string, options: Options, command: Command) => {
      const quiet = options.json === true;
      const { labels, boxes } = options;
      checkUsed(options, command);
      checkViews(options);
      const source = await withModelProgress(quiet, (hooks) => modelDirectory(text, { hooks }));
      const onStep = (step: string) => quiet || console.error(`fitting: ${step}`);
      if (boxes !== undefined) {
        const progress = countProgress('embedded');
        const hooks = { onStep, onProgress: (done: number, total: number) => quiet || progress.show(done, total) };
        const report = await finetuneBoxes(source, { ...options, boxes }, hooks).finally(() => progress.stop());
        if (options.json) console.log(JSON.stringify(report));
        else printDetector(report, process.stdout.columns);
      } else if (labels !== undefined) {
        const display = <T>(work: Parameters<typeof withRunDisplay<T>>[1]) => withRunDisplay(quiet, work);
        const report = await finetune(source, { ...options, labels }, { display, onStep });
        if (options.json) console.log(JSON.stringify(report));
        else printFinetune(report, process.stdout.columns);
      }
    });
}

const onlyWithBoxes = { images: '--images', regions: '--regions' };
const onlyWithLabels = {
  store: '--store',
  endpoint: '--endpoint',
  region: '--region',
  answerTimeout: '--answer-timeout',
  crops: '--crops',
  views: '--views',
  layers: '--layers',
};

/** Rejects options without an effect. */
function checkUsed({ labels, boxes }: Options, command: Command): void {
  if ((labels === undefined) === (boxes === undefined)) {
    throw new UsageError('give either --labels <path> for whole images, or --boxes <path> for a detector');
  }
  for (const [name, flag] of Object.entries(boxes === undefined ? onlyWithBoxes : onlyWithLabels)) {
    if (command.getOptionValueSource(name) !== 'cli') continue;
    throw new UsageError(`${flag} has no effect with ${boxes === undefined ? '--labels' : '--boxes'}: leave it out`);
  }
}

function viewsOption(): Option {
  const about =
    'crops of each image to learn from: the center, or also corners and mirror images (default: 10; 1 with --store)';
  return new Option('--views <n>', about).choices(['1', '10']).argParser((text): Views => {
    if (text === '1') return 1;
    if (text === '10') return 10;
    throw new InvalidArgumentError('Allowed choices are 1, 10.');
  });
}

function checkViews({ views, crops, store }: Options): void {
  if (views === undefined) return;
  if (crops !== undefined && crops !== 'center') {
    throw new UsageError('--views has no effect with several --crops, which are learned from: leave it out');
  }
  if (views === 10 && store !== undefined) {
    throw new UsageError('--views 10 needs the images, not embeddings of one crop each: leave out --store');
  }
}

function foldCount(text: string): number {
  const count = positiveInteger(text);
  if (count >= 2 && count <= 1000) return count;
  throw new InvalidArgumentError('Give a whole number from 2 to 1000.');
}
