import { type Command, Option } from 'commander';
import { type ExportFormat, exportRows } from '../../results/export/export.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { columns } from '../../shared/rows/schema.ts';
import { checkOutputFile } from '../engine/check-output-file.ts';
import type { StoreOptions } from '../engine/locations.ts';
import { noResults, withResults } from '../engine/with-results.ts';
import {
  checkSpreadsheetSafe,
  type ExportOptions,
  exportTarget,
  formatOfExtension,
  formatOption,
  outOption,
  spreadsheetOption,
} from './export-options.ts';
import { addStoreOptions, jobName } from './pipeline-options.ts';
import { addDriftCommand } from './results/drift.ts';
import { addRelabelCommand } from './results/relabel.ts';

interface ResultsOptions extends StoreOptions, ExportOptions {
  readonly sql?: string;
  readonly job?: string;
  readonly deleted?: boolean;
  readonly embeddings?: boolean;
  readonly json?: boolean;
}

export function addResultsCommand(program: Command): void {
  const results = addStoreOptions(program.command('results'))
    .summary('print, query or export the results')
    .description(
      'Print or export the results, one row per image and model, or the result of a query. Images whose object was ' +
        'deleted are skipped without --deleted; a query includes them, with status deleted. The view ' +
        `"results" has the columns ${Object.keys(columns).join(', ')}.`,
    )
    .addOption(formatOption('output format (default: a table, or the extension of --out)'))
    .option('--sql <query>', 'print the result of a query over the view "results"')
    .addOption(new Option('--job <name>', 'only images of this job').argParser(jobName).conflicts('sql'))
    .addOption(new Option('--deleted', 'include images whose object was deleted').conflicts('sql'))
    .addOption(outOption)
    .option('--embeddings', 'include the embeddings; Parquet always has them')
    .addOption(spreadsheetOption)
    .option('--json', 'short for --format jsonl')
    .addHelpText(
      'after',
      '\nExamples:\n  $ inception-batch results --store .cache/store --format jsonl | head\n' +
        '  $ inception-batch results --store .cache/store --out results.parquet\n' +
        '  $ inception-batch results --store .cache/store \\\n' +
        '      --sql "select label, count(*) as images from results group by 1 order by 2 desc"\n' +
        '\nExit code: 0 printed or written; 1 an error, or no results; 130 interrupted, and --out is unchanged.\n',
    )
    .action(async (options: ResultsOptions, command: Command) => {
      const { format, json, sql, job, deleted, embeddings, spreadsheetSafe } = options;
      if (json && format !== undefined && format !== 'jsonl') {
        command.error(`error: --json means --format jsonl: remove it, or --format ${format}`);
      }
      await withResults(options, async (results, store) => {
        if (results.partCount === 0) throw noResults(options.store);
        const output = { format: chooseFormat(options), to: exportTarget(options) };
        checkSpreadsheetSafe(options, output.format);
        await checkOutputFile(options.out, store);
        await exportRows(results, { ...output, sql, job, deleted, embeddings, spreadsheetSafe });
      });
    });
  addRelabelCommand(results);
  addDriftCommand(results);
  rejectLostOptions(results);
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

function chooseFormat({ format, json, out }: ResultsOptions): ExportFormat {
  if (format) return format;
  if (json) return 'jsonl';
  if (out === undefined) return 'table';
  const known = formatOfExtension(out);
  if (known !== undefined) return known;
  throw new UserError(`${out} does not end in .jsonl, .csv or .parquet: rename it, or give --format`);
}
