import type { Command } from 'commander';
import { exportRows, rowFormats } from '../../../results/export/export.ts';
import { failuresSql } from '../../../results/questions/failed-images.ts';
import { modelsOf } from '../../../results/questions/stored-models.ts';
import { checkOutputFile } from '../../engine/check-output-file.ts';
import { printExport } from '../../terminal/print-export.ts';
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
} from '../export-options.ts';
import { helpText } from '../help-text.ts';
import { addFailuresOptions, addModelOption, failureColumns, type ListOptions, withStoredRows } from './options.ts';

type CommandOptions = ListOptions & ExportOptions;

export function addExportCommand(failures: Command): void {
  addModelOption(addFailuresOptions(failures.command('export')))
    .summary('write the rejected images to a file or a pipe')
    .description(
      'Write a row per rejected image and model to a file, or to stdout with --format or --json. An interrupted export leaves no file.',
    )
    .addOption(outOption)
    .addOption(overwriteOption)
    .addOption(formatOption('output format', rowFormats))
    .addOption(spreadsheetOption)
    .addOption(jsonOption)
    .addHelpText(
      'after',
      helpText({
        examples: ['failures export --out failures.csv', 'failures export --reason corrupt --json | head'],
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
        const format = await exportFormat(options);
        const path = outPath(options);
        await checkOutputFile(path, store);
        const rows = await exportRows(results, { format, to: exportTarget(options), sql, spreadsheetSafe });
        await printExport(rows, path);
      }),
    );
}
