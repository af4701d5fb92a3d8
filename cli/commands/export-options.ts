import { Option } from 'commander';
import { type ExportFormat, type ExportTarget, exportFormats } from '../../results/export/export.ts';
import { assertNoOtherKind, kindOfPath } from '../../results/export/output.ts';
import { UsageError } from '../engine/usage-error.ts';

export interface ExportOptions {
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly format?: ExportFormat;
  readonly json?: boolean;
  readonly spreadsheetSafe?: boolean;
}

/** @param formats the choices */
export function formatOption(about: string, formats: readonly ExportFormat[]): Option {
  return new Option('--format <format>', about).choices(formats);
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

function checkSpreadsheetSafe({ spreadsheetSafe }: ExportOptions, format: ExportFormat): void {
  if (spreadsheetSafe && format !== 'csv') throw new UsageError('--spreadsheet-safe is for CSV: give --format csv');
}

export const jsonOption = new Option('--json', 'short for --format jsonl');

/**
 * The format of an export: that of `--format` or `--json`, or of the extension of `--out`.
 * @param onStdout the format of stdout; undefined if it must be given
 * @throws {UserError} if there is no such format, or an option has no effect on it
 */
export async function exportFormat(options: ExportOptions, onStdout?: ExportFormat): Promise<ExportFormat> {
  const format = await chooseFormat(options, onStdout);
  checkSpreadsheetSafe(options, format);
  checkOverwrite(options);
  return format;
}

async function chooseFormat(
  { out, format, json }: ExportOptions,
  onStdout: ExportFormat | undefined,
): Promise<ExportFormat> {
  if (json && format !== undefined && format !== 'jsonl') {
    throw new UsageError(`--json means --format jsonl: remove it, or --format ${format}`);
  }
  const path = outPath({ out });
  const chosen = format ?? (json ? 'jsonl' : path === undefined ? onStdout : formatOfExtension(path));
  if (chosen !== undefined) return chosen;
  if (path === undefined) throw new UsageError('give --out <file> or --format <format>');
  if (path === '') throw new UsageError('--out is empty: give the path of a file');
  const kind = await kindOfPath(path);
  assertNoOtherKind(path, kind);
  const advice = kind === 'nothing' ? 'give such a name, or --format' : 'it exists, so give another path';
  throw new UsageError(`${path} does not end in .jsonl, .csv or .parquet: ${advice}`);
}

/** The format that the extension of a file names; a table is never written to a file by its extension. */
function formatOfExtension(path: string): ExportFormat | undefined {
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

function checkOverwrite({ out, overwrite }: ExportOptions): void {
  if (overwrite && outPath({ out }) === undefined) throw new UsageError('--overwrite is for a file: give --out <file>');
}
