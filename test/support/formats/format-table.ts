import { avifCases } from './avif-cases.ts';
import type { FormatCase } from './format-case.ts';
import { gifCases } from './gif-cases.ts';
import { jpegCases } from './jpeg-cases.ts';
import { otherCases } from './other-cases.ts';
import { pngCases } from './png-cases.ts';
import { tiffCases } from './tiff-cases.ts';
import { tiffDamageCases } from './tiff-damage-cases.ts';
import { tiffJpegCases } from './tiff-jpeg-cases.ts';
import { tiffVariantCases } from './tiff-variant-cases.ts';
import { webpCases } from './webp-cases.ts';

export const formatCases: readonly FormatCase[] = [
  ...jpegCases,
  ...pngCases,
  ...webpCases,
  ...avifCases,
  ...tiffCases,
  ...tiffVariantCases,
  ...tiffJpegCases,
  ...tiffDamageCases,
  ...gifCases,
  ...otherCases,
];

/** The cases as a Markdown table, padded like the formatter does. */
export function formatTable(cases: readonly FormatCase[]): string {
  const rows = cases.map(({ format, variant, outcome }) => [format, variant, outcomeText(outcome)]);
  const columns = [['format', 'variant', 'outcome'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...columns.map((row) => [...(row[column] ?? '')].length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = columns;
  return [line(head), line(widths.map((length) => '-'.repeat(length))), ...body.map(line)].join('\n');
}

function outcomeText(outcome: FormatCase['outcome']): string {
  if ('reason' in outcome) return `\`${outcome.reason}\`: ${outcome.detail}`;
  return outcome.within === 0 ? 'identical pixels' : `decoded, within ${outcome.within}`;
}
