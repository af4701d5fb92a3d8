import { type Command, Option } from 'commander';
import { type ExportFormat, type ExportTarget, exportFormats, exportRows } from '../../../results/export/export.ts';
import { failuresSql } from '../../../results/questions/failed-images.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { addFailuresOptions, type FailuresOptions, failureColumns, withResults } from './options.ts';

interface ExportCommandOptions extends FailuresOptions {
  readonly out?: string;
  readonly format?: ExportFormat;
}

export function addExportCommand(failures: Command): void {
  addFailuresOptions(failures.command('export'))
    .summary('write the rejected images to a file or a pipe')
    .description('Write a row for every rejected image, whole or not at all: to a file, or to stdout with --format.')
    .option('--out <file>', 'write to a file; its ending tells the format unless --format does')
    .addOption(new Option('--format <format>', 'how to write').choices(exportFormats))
    .addHelpText(
      'after',
      '\nExamples:\n  $ inception-batch failures export --store .cache/store --out failures.csv\n' +
        '  $ inception-batch failures export --store .cache/store --reason corrupt --format jsonl | head\n',
    )
    .action((options: ExportCommandOptions) =>
      withResults(options, (results) => {
        const { job, reason: reasons } = options;
        const sql = failuresSql(failureColumns, { job, reasons });
        return exportRows(results, { format: formatOf(options), to: targetOf(options), sql });
      }),
    );
}

function formatOf({ format, out }: ExportCommandOptions): ExportFormat {
  const ending = out?.slice(out.lastIndexOf('.') + 1);
  const known = format ?? exportFormats.find((name) => name === ending && name !== 'table');
  if (known !== undefined) return known;
  throw new UserError(
    `expected a file ending in .csv, .jsonl or .parquet, or --format, got ${out ?? 'neither --out nor --format'}`,
  );
}

function targetOf({ out }: ExportCommandOptions): ExportTarget {
  if (out !== undefined) return { kind: 'file', path: out };
  const { stdout } = process;
  return { kind: 'stream', stream: stdout, terminal: stdout.isTTY ? stdout : undefined };
}
