import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { maxRegions } from '../../shared/models/regions-rule.ts';
import { defaultMaxRegions } from '../engine/regions/default-max-regions.ts';
import { maxDrawn } from '../engine/regions/draw-boxes.ts';
import type { RegionsOutcome } from '../engine/regions/image-proposals.ts';
import { type RegionsCommandOptions, regions } from '../engine/regions/regions.ts';
import { countOf } from '../terminal/count-of.ts';
import { outcomeProgress } from '../terminal/outcome-progress.ts';
import { printError } from '../terminal/print-error.ts';
import { printRegions, type RegionsRow, regionsJson, regionsRow } from '../terminal/print-regions.ts';
import { terminalColumns } from '../terminal/terminal-columns.ts';
import { workOnImages } from '../terminal/work-on-images.ts';
import { helpText } from './help-text.ts';
import { integerTo, threadCount } from './pipeline-options.ts';

interface Options extends RegionsCommandOptions {
  readonly json?: boolean;
}

export function addRegionsCommand(program: Command): void {
  program
    .command('regions')
    .argument('<images...>', "files, folders, patterns such as 'photos/*.jpg', or - for a list of paths")
    .summary('print boxes that may hold objects of any kind, without a model')
    .description(
      'Propose regions: boxes that may hold an object of any kind, the most promising first, in pixels of the upright ' +
        'image. No model is needed, and no labels are given. With -, paths are read from standard input, one on each ' +
        'line or separated by NUL.',
    )
    .option('--max <n>', `maximum regions per image, 1 to ${maxRegions}`, integerTo(maxRegions), defaultMaxRegions)
    .option('--threads <n>', 'CPU cores to use', threadCount, availableParallelism())
    .option('--out <folder>', `new or empty folder for the images with their ${maxDrawn} best boxes drawn, as JPEG`)
    .option('--json', 'print a line of JSON per image, with boxes as [x, y, width, height, objectness]')
    .addHelpText(
      'after',
      helpText({
        examples: ['regions photo.jpg --out boxes', 'regions photos --max 100 --json > regions.jsonl'],
        exitCodes: {
          0: 'an image was searched, and the others rejected with the reason',
          1: 'an error, a missing file, or no image could be decoded',
        },
      }),
    )
    .action(async (images: string[], options: Options) => {
      process.exitCode = await proposeAndPrint(images, options, program.opts<{ debug?: boolean }>().debug === true);
    });
}

/** Returns the exit code. */
async function proposeAndPrint(
  images: readonly string[],
  { json = false, ...options }: Options,
  debug: boolean,
): Promise<number> {
  const rows: RegionsRow[] = [];
  const rejected: string[] = [];
  const counts = { problems: 0, proposed: 0, missing: 0, drawings: 0 };
  const progress = outcomeProgress();
  const onOutcome = (outcome: RegionsOutcome, drawing: string | undefined) => {
    if (outcome.status === 'proposed') counts.proposed += 1;
    else if (outcome.reason === 'object_gone') counts.missing += 1;
    if (drawing !== undefined) counts.drawings += 1;
    if (json) return console.log(regionsJson(outcome, drawing));
    rows.push(regionsRow(outcome));
    if (outcome.status === 'rejected') rejected.push(`${outcome.name}: ${outcome.detail}`);
    progress.count();
  };
  const onProblem = (error: unknown) => {
    counts.problems += 1;
    printError(error, { argv: images, debug });
  };
  const end = await workOnImages(images, progress, (stop) =>
    regions(images, options, { stop, stdin: process.stdin, onOutcome, onProblem }),
  );
  if (end === 'unread') return 0;
  if (!json) {
    printRegions(rows, rejected, terminalColumns());
    if (counts.drawings > 0) console.log(`${countOf(counts.drawings, 'drawing')} in ${options.out}`);
  }
  if (end === 'interrupted') return 130;
  return counts.problems === 0 && counts.missing === 0 && counts.proposed > 0 ? 0 : 1;
}
