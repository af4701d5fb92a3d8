import type { Command } from 'commander';
import { type ExportFormat, exportRows } from '../../../results/export/export.ts';
import { failuresSql } from '../../../results/questions/failed-images.ts';
import { modelsOf } from '../../../results/questions/stored-models.ts';
import { checkOutputFile } from '../../engine/check-output-file.ts';
import { UsageError } from '../../engine/usage-error.ts';
import { printExport } from '../../terminal/print-export.ts';
import {
  checkOverwrite,
  checkSpreadsheetSafe,
  type ExportOptions,
  exportTarget,
  formatOfExtension,
  formatOption,
  outOption,
  outPath,
  overwriteOption,
  spreadsheetOption,
} from '../export-options.ts';
import { helpText } from '../help-text.ts';
import { addFailuresOptions, addModelOption, failureColumns, type ListOptions, withStoredRows } from './options.ts';

type CommandOptions = ListOptions & ExportOptions;

export function addExportCommand(failures: Command): void {
  addModelOption(addFailuresOptions(failures.command('export')))
    .summary('write the rejected images to a file or a pipe')
    .description(
      'Write a row per rejected image and model to a file, or to stdout with --format. An interrupted export leaves no file.',
    )
    .addOption(outOption)
    .addOption(overwriteOption)
    .addOption(formatOption('output format'))
    .addOption(spreadsheetOption)
    .addHelpText(
      'after',
      helpText({
        examples: ['failures export --out failures.csv', 'failures export --reason corrupt --format jsonl | head'],
        exitCodes: {
          0: 'written',
          1: 'an error, no results, or an unknown job or model',
          130: 'interrupted, and --out is unchanged',
        },
      }),
    )
    .action((options: CommandOptions) =>
      withStoredRows(options, async (results, store) => {
        const models = await modelsOf(results, '--model', options.model);
        const sql = failuresSql(failureColumns, { job: options.job, reasons: options.reason, models });
        const { spreadsheetSafe } = options;
        const format = chooseFormat(options);
        checkSpreadsheetSafe(options, format);
        checkOverwrite(options);
        const path = outPath(options);
        await checkOutputFile(path, store);
        const rows = await exportRows(results, { format, to: exportTarget(options), sql, spreadsheetSafe });
        await printExport(rows, path);
      }),
    );
}

function chooseFormat({ format, out }: CommandOptions): ExportFormat {
  const known = format ?? (out === undefined ? undefined : formatOfExtension(out));
  if (known !== undefined) return known;
  throw new UsageError(
    out === undefined || out === '-'
      ? 'give --out <file> or --format <format>'
      : `${out} does not end in .csv, .jsonl or .parquet: rename it, or give --format`,
  );
}
