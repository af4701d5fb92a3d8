import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { escapeControls } from '../../results/export/escape-controls.ts';
import { describeSession } from '../../shared/inference/accelerator/describe-session.ts';
import { type ClassifyCommandOptions, classify } from '../engine/classify/classify.ts';
import type { ImageOutcome } from '../engine/classify/image-outcome.ts';
import { modelProgress } from '../terminal/model-progress.ts';
import { outcomeProgress } from '../terminal/outcome-progress.ts';
import { classifiedJson, printClassified, withoutEmbeddings } from '../terminal/print-classified.ts';
import { printError } from '../terminal/print-error.ts';
import { terminalColumns } from '../terminal/terminal-columns.ts';
import { workOnImages } from '../terminal/work-on-images.ts';
import { helpText } from './help-text.ts';
import { acceleratorOption, cropsOption, modelOption, regionsOption, threadCount } from './pipeline-options.ts';

interface Options extends ClassifyCommandOptions {
  readonly json?: boolean;
  readonly embeddings?: boolean;
}

export function addClassifyCommand(program: Command): void {
  const command = program
    .command('classify')
    .argument('<images...>', "files, folders, patterns such as 'photos/*.jpg', or - for a list of paths")
    .summary('print the labels of a few images, without a store')
    .description(
      'Print the labels of images at once, without a store: the five most probable labels of one image, or the most ' +
        'probable label of each of several. With -, paths are read from standard input, one on each line or separated ' +
        'by NUL. For many images, or those in a bucket, use run: it keeps results and continues after an interruption.',
    )
    .addOption(modelOption())
    .addOption(cropsOption())
    .addOption(regionsOption())
    .option('--threads <n>', 'CPU cores to use', threadCount, availableParallelism())
    .addOption(acceleratorOption())
    .option('--json', 'print a line of JSON per image, as soon as its labels are known')
    .option('--embeddings', 'print the embedding of each image and region too; with --json')
    .addHelpText(
      'after',
      helpText({
        examples: [
          'classify photo.jpg',
          "classify photo.jpg 'more/*.jpg' --json",
          'classify photo.jpg --regions 100',
          'classify - < names.txt',
        ],
        exitCodes: {
          0: 'an image was classified, and the others rejected with the reason',
          1: 'an error, a missing file, or no image could be classified',
        },
      }),
    )
    .action(async (images: string[], options: Options) => {
      if (options.embeddings && !options.json)
        command.error('error: --embeddings are printed as JSON: give --json too');
      process.exitCode = await classifyAndPrint(images, options, program.opts<{ debug?: boolean }>().debug === true);
    });
}

/** Returns the exit code. */
async function classifyAndPrint(
  images: readonly string[],
  { json = false, embeddings = false, ...options }: Options,
  debug: boolean,
): Promise<number> {
  const outcomes: ImageOutcome[] = [];
  const counts = { problems: 0, classified: 0, missing: 0 };
  const progress = outcomeProgress();
  const onOutcome = (outcome: ImageOutcome) => {
    if (outcome.status === 'classified') counts.classified += 1;
    else if (outcome.reason === 'object_gone') counts.missing += 1;
    if (json) console.log(classifiedJson(outcome, { embeddings }));
    else outcomes.push(withoutEmbeddings(outcome)); // a table needs all outcomes
    if (!json) progress.count();
  };
  const onProblem = (error: unknown) => {
    counts.problems += 1;
    printError(error, { argv: images, debug });
  };
  const end = await workOnImages(images, progress, (stop) => {
    const shown = modelProgress(stop);
    const hooks = { stop, models: json ? { stop } : shown, stdin: process.stdin, onOutcome, onProblem };
    const onSession = (session: Parameters<typeof describeSession>[0]) => console.error(describeSession(session));
    return classify(images, options, { ...hooks, onSession }).finally(() => shown.end());
  });
  if (end === 'unread') return 0;
  printClassified(outcomes, terminalColumns());
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') console.error(escapeControls(`${outcome.name}: ${outcome.detail}`));
  }
  if (end === 'interrupted') return 130;
  return counts.problems === 0 && counts.missing === 0 && counts.classified > 0 ? 0 : 1;
}
