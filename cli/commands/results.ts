import { type Command, Option } from 'commander';
import { exportFormats, exportRows } from '../../results/export/export.ts';
import { regionViewColumns } from '../../results/open/create-regions-view.ts';
import type { Results } from '../../results/open/open-results.ts';
import { countByStatus } from '../../results/questions/count-by-status.ts';
import { hasSeveralJobs } from '../../results/questions/has-several-jobs.ts';
import { type RowSelection, rowStatuses } from '../../results/questions/row-selection.ts';
import { checkJob } from '../../results/questions/stored-jobs.ts';
import { checkLabel } from '../../results/questions/stored-labels.ts';
import { requireModels, shortNames, storedModels } from '../../results/questions/stored-models.ts';
import { regionSpaces } from '../../results/similar/regions/stored-regions.ts';
import { columns } from '../../shared/rows/schema.ts';
import { checkOutputFile } from '../engine/check-output-file.ts';
import { type OpenedLocation, resultsSource, type StoreOptions } from '../engine/locations.ts';
import { requireRegions } from '../engine/regions/require-regions.ts';
import { UsageError } from '../engine/usage-error.ts';
import { withResults } from '../engine/with-results.ts';
import { countOf } from '../terminal/count-of.ts';
import { printExport } from '../terminal/print-export.ts';
import { printRegionSpaces } from '../terminal/print-region-spaces.ts';
import {
  type ExportOptions,
  exportFormat,
  exportTarget,
  formatOption,
  jsonOption,
  outOption,
  outPath,
  overwriteOption,
  spreadsheetOption,
} from './export-options.ts';
import { helpText } from './help-text.ts';
import { addStoreOptions, jobName, positiveInteger, probability } from './pipeline-options.ts';
import { addDriftCommand } from './results/drift.ts';
import { addRelabelCommand } from './results/relabel.ts';

interface ResultsOptions extends StoreOptions, ExportOptions {
  readonly sql?: string;
  readonly job?: string;
  readonly label?: string;
  readonly minProbability?: number;
  readonly status?: RowSelection['status'];
  readonly model?: string;
  readonly limit?: number;
  readonly deleted?: boolean;
  readonly embeddings?: boolean;
  readonly regions?: boolean;
}

export function addResultsCommand(program: Command): void {
  const results = addStoreOptions(program.command('results'))
    .summary('print, query or export the results')
    .description(
      'Print or export the results, one row per image and model, or the result of a query. A table names the model ' +
        'if there are several, and the job. Images whose object was ' +
        'deleted are skipped without --deleted; a query includes them, with status deleted. The view ' +
        `"results" has the columns ${Object.keys(columns).join(', ')}. The view "regions" has a row per region that ` +
        `"--regions" of a run kept: ${regionViewColumns.join(', ')}.`,
    )
    .addOption(
      formatOption(
        'output format; coco is the regions as a COCO data set (default: a table, or the extension of --out)',
        exportFormats,
      ),
    )
    .option('--sql <query>', 'print the result of a query over the views "results" and "regions"')
    .addOption(new Option('--job <name>', 'only images of this job').argParser(jobName).conflicts('sql'))
    .addOption(new Option('--label <label>', 'only images with this label, by name or id').conflicts('sql'))
    .addOption(
      new Option('--min-probability <p>', 'only images whose label has at least this probability, 0 to 1')
        .argParser(probability)
        .conflicts('sql'),
    )
    .addOption(new Option('--status <status>', 'only images with this status').choices(rowStatuses).conflicts('sql'))
    .addOption(
      new Option('--model <model>', 'only rows of this model: its name, or the start of its id').conflicts('sql'),
    )
    .addOption(
      new Option('--limit <n>', 'at most this many rows, or images with coco')
        .argParser(positiveInteger)
        .conflicts('sql'),
    )
    .addOption(new Option('--deleted', 'include images whose object was deleted').conflicts('sql'))
    .addOption(
      new Option(
        '--regions',
        'a row per region instead of per image; --label and --min-probability are those of the region',
      ).conflicts('sql'),
    )
    .option('--embeddings', 'include the embeddings; with --sql, those of the view "regions" too')
    .addOption(outOption)
    .addOption(overwriteOption)
    .addOption(spreadsheetOption)
    .addOption(jsonOption)
    .addHelpText(
      'after',
      helpText({
        examples: [
          'results --status rejected --limit 20',
          'results --label tench --min-probability 0.9 --json',
          'results --out results.parquet',
          'results --regions --label dog --out dogs.csv',
          'results --format coco --out regions.json',
          "results --sql \\\n'select label, count(*) as images from results group by 1 order by 2 desc'",
        ],
        exitCodes: {
          0: 'printed or written',
          1: 'an error, no results, or an unknown job, label or model',
          130: 'interrupted, and --out is unchanged',
        },
      }),
    )
    .action(async (options: ResultsOptions) => {
      // A query may read the embeddings, which are most of the bytes.
      const ofImages = options.sql !== undefined || (options.embeddings === true && options.regions !== true);
      const ofRegions = options.embeddings === true && (options.sql !== undefined || options.regions === true);
      await withResults(options, (results, store) => print(results, store, options), {
        embeddings: ofImages,
        regionEmbeddings: ofRegions,
      });
    });
  addRelabelCommand(results);
  addDriftCommand(results);
  rejectLostOptions(results);
}

async function print(results: Results, store: OpenedLocation, options: ResultsOptions): Promise<void> {
  const { sql, job, label, minProbability, status, limit, deleted, embeddings, spreadsheetSafe } = options;
  const format = await exportFormat(options, 'table');
  const regions = options.regions === true || format === 'coco';
  if (format === 'coco') checkCoco(options);
  const path = outPath(options);
  await checkOutputFile(path, store);
  await checkJob(results, { source: resultsSource(store), name: options.store }, job);
  if (regions) await requireRegions(results, store, options);
  await checkLabel(results, options.store, label, regions ? 'region' : 'image');
  const known = sql === undefined ? await storedModels(results) : [];
  const models = options.model === undefined ? undefined : requireModels(known, '--model', options.model);
  const jobs = format === 'table' && sql === undefined && job === undefined && (await hasSeveralJobs(results));
  const rows = await exportRows(results, {
    ...{ format, to: exportTarget(options), sql, spreadsheetSafe },
    ...{
      job,
      jobs,
      label,
      minProbability,
      status,
      models,
      limit,
      deleted,
      embeddings,
      regions,
      modelNames: shortNames(models ?? known),
    },
  });
  await printExport(rows, path, regions ? 'region' : 'row');
  if (regions) {
    printRegionSpaces(await regionSpaces(results, { job, status, models, deleted }), {
      models: models ?? known,
      format,
    });
  }
  if (rows === 0 && sql === undefined) console.error(await nothingFound(results, options));
}

function checkCoco({ sql, embeddings }: ResultsOptions): void {
  const misplaced = sql !== undefined ? '--sql' : embeddings ? '--embeddings' : undefined;
  if (misplaced !== undefined) throw new UsageError(`--format coco has no ${misplaced}: remove one of them`);
}

/** Explains an empty answer. Images may all be deleted, which is the only condition that nobody asked for. */
async function nothingFound(results: Results, { deleted, status, regions, format }: ResultsOptions): Promise<string> {
  const nouns = regions || format === 'coco' ? 'regions' : 'images';
  const { deleted: count } = await countByStatus(results);
  const hint =
    count > 0 && !deleted && status !== 'deleted' ? `; --deleted includes ${countOf(count, 'deleted image')}` : '';
  return `no ${nouns} match these options${hint}`;
}

/**
 * Options that `results` and a subcommand share are read by `results`, wherever they are on the command line, and
 * passed down with `optsWithGlobals`. An option that the subcommand does not have would be ignored silently.
 */
function rejectLostOptions(command: Command): void {
  command.hook('preSubcommand', (_, subcommand) => {
    const known = new Set(subcommand.options.map(({ long }) => long));
    const lost = command.options.find(
      (option) => !known.has(option.long) && command.getOptionValueSource(option.attributeName()) === 'cli',
    );
    if (lost !== undefined) command.error(`error: "results ${subcommand.name()}" has no option ${lost.long}`);
  });
}
