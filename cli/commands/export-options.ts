import { Option } from 'commander';
import { type ExportFormat, type ExportTarget, exportFormats } from '../../results/export/export.ts';

export interface ExportOptions {
  readonly out?: string;
  readonly format?: ExportFormat;
}

export function formatOption(about: string): Option {
  return new Option('--format <format>', about).choices(exportFormats);
}

export const outOption = new Option(
  '--out <file>',
  'write to a file; its extension sets the format unless --format does',
);

/** The format that the extension of a file names; a table is never written to a file by its extension. */
export function formatOfExtension(path: string): ExportFormat | undefined {
  const extension = path.slice(path.lastIndexOf('.') + 1);
  return exportFormats.find((format) => format === extension && format !== 'table');
}

export function exportTarget({ out }: ExportOptions): ExportTarget {
  if (out !== undefined) return { kind: 'file', path: out };
  const { stdout } = process;
  return { kind: 'stream', stream: stdout, terminal: stdout.isTTY ? stdout : undefined };
}
