import { Option } from 'commander';
import { type ExportFormat, type ExportTarget, exportFormats } from '../../results/export/export.ts';
import { UsageError } from '../engine/usage-error.ts';

export interface ExportOptions {
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly format?: ExportFormat;
  readonly spreadsheetSafe?: boolean;
}

export function formatOption(about: string): Option {
  return new Option('--format <format>', about).choices(exportFormats);
}

export const outOption = new Option(
  '--out <file>',
  'write to a file; its extension sets the format unless --format does; - is stdout',
);

export const overwriteOption = new Option('--overwrite', 'replace the file of --out if it exists');

export const spreadsheetOption = new Option(
  '--spreadsheet-safe',
  "put ' before texts in CSV that a spreadsheet would compute, such as a key that begins with =",
);

/** @throws {UserError} if an option has no effect on the format */
export function checkSpreadsheetSafe({ spreadsheetSafe }: ExportOptions, format: ExportFormat): void {
  if (spreadsheetSafe && format !== 'csv') throw new UsageError('--spreadsheet-safe is for CSV: give --format csv');
}

/** The format that the extension of a file names; a table is never written to a file by its extension. */
export function formatOfExtension(path: string): ExportFormat | undefined {
  const extension = path.slice(path.lastIndexOf('.') + 1);
  return exportFormats.find((format) => format === extension && format !== 'table');
}

/** The path of `--out`; undefined for stdout. */
export function outPath({ out }: { readonly out?: string | undefined }): string | undefined {
  return out === '-' ? undefined : out;
}

export function exportTarget({ out, overwrite }: ExportOptions): ExportTarget {
  const path = outPath({ out });
  if (path !== undefined) return { kind: 'file', path, overwrite };
  const { stdout } = process;
  return { kind: 'stream', stream: stdout, terminal: stdout.isTTY ? stdout : undefined };
}

/** @throws {UserError} if `--overwrite` has no file */
export function checkOverwrite({ out, overwrite }: ExportOptions): void {
  if (overwrite && outPath({ out }) === undefined) throw new UsageError('--overwrite is for a file: give --out <file>');
}
