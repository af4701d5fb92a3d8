import { type Command, Option } from 'commander';
import { type ExportFormat, type ExportTarget, exportFormats, exportRows } from '../../results/export/export.ts';
import { openResults } from '../../results/open/open-results.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { columns } from '../../shared/rows/schema.ts';
import { openStore, resultsSource } from '../engine/locations.ts';
import { addStoreOptions, jobName, type StoreOptions } from './pipeline-options.ts';
import { addDriftCommand } from './results/drift.ts';
import { addRelabelCommand } from './results/relabel.ts';

interface ResultsOptions extends StoreOptions {
  readonly format?: ExportFormat;
  readonly sql?: string;
  readonly out?: string;
  readonly job?: string;
  readonly deleted?: boolean;
  readonly embeddings?: boolean;
  readonly json?: boolean;
}

export function addResultsCommand(program: Command): void {
  const results = addStoreOptions(program.command('results'))
    .summary('print or export what is known of every image')
    .description(
      'Print or export the results, one row per image and model, or the outcome of a query over them. Images whose ' +
        'object was deleted are left out, unless --deleted is given; a query sees them, with status deleted. The view ' +
        `"results" has the columns ${Object.keys(columns).join(', ')}.`,
    )
    .addOption(
      new Option('--format <format>', 'how to print; a table unless --out names a file').choices(exportFormats),
    )
    .option('--sql <query>', 'a query over the view "results", instead of every row')
    .addOption(new Option('--job <name>', 'only images of this job').argParser(jobName).conflicts('sql'))
    .addOption(new Option('--deleted', 'with images whose object was deleted').conflicts('sql'))
    .option('--out <file>', 'write to a file; its ending tells the format unless --format does')
    .option('--embeddings', 'with the embeddings, which only Parquet has otherwise')
    .option('--json', 'the same as --format jsonl')
    .addHelpText(
      'after',
      '\nExamples:\n  $ inception-batch results --store .cache/store --format jsonl | head\n' +
        '  $ inception-batch results --store .cache/store --out results.parquet\n' +
        '  $ inception-batch results --store .cache/store \\\n' +
        '      --sql "select label, count(*) as images from results group by 1 order by 2 desc"\n',
    )
    .action(async (options: ResultsOptions, command: Command) => {
      const { format, json } = options;
      if (json && format !== undefined && format !== 'jsonl') {
        command.error(`error: --json is the same as --format jsonl: expected one of them, got --format ${format} too`);
      }
      const results = await openResults(resultsSource(openStore(options.store, options)));
      try {
        if (results.partCount === 0)
          throw new UserError(`no results in ${options.store}: "inception-batch run" makes them`);
        const { sql, job, deleted, embeddings } = options;
        await exportRows(results, { format: formatOf(options), to: targetOf(options), sql, job, deleted, embeddings });
      } finally {
        await results.close();
      }
    });
  addRelabelCommand(results);
  addDriftCommand(results);
  keepOptionsApart(results);
}

/**
 * Options that both have are read by the upper command, wherever they stand, and handed down as those of all commands
 * above; one that the lower command lacks would be lost without a word.
 */
function keepOptionsApart(command: Command): void {
  command.hook('preSubcommand', (_, below) => {
    const known = new Set(below.options.map(({ long }) => long));
    const lost = command.options.find(
      (option) => !known.has(option.long) && command.getOptionValueSource(option.attributeName()) === 'cli',
    );
    if (lost !== undefined) command.error(`error: "results ${below.name()}" has no option ${lost.long}`);
  });
}

function formatOf({ format, json, out }: ResultsOptions): ExportFormat {
  if (format) return format;
  if (json) return 'jsonl';
  if (out === undefined) return 'table';
  const ending = out.slice(out.lastIndexOf('.') + 1);
  const known = exportFormats.find((name) => name === ending);
  if (known === undefined) {
    throw new UserError(`expected a file ending in .jsonl, .csv or .parquet, or --format, got ${out}`);
  }
  return known;
}

function targetOf({ out }: ResultsOptions): ExportTarget {
  if (out !== undefined) return { kind: 'file', path: out };
  const { stdout } = process;
  return { kind: 'stream', stream: stdout, terminal: stdout.isTTY ? stdout : undefined };
}
