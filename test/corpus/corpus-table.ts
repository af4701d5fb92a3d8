import type { Result } from './compare.ts';

/** Largest accepted difference of a crop, of 256 steps. */
export const tolerance = { mean: 1.5, max: 12 } as const;

/** Combinations that were decoded to another image or rejected for another reason than their format. */
export function faults(results: readonly Result[]): string[] {
  return results.flatMap((result) => {
    const { format, pixels, variant } = result.combination;
    const name = `${format}, ${pixels}, ${variant}`;
    if ('reason' in result) {
      return result.reason === 'unsupported_format' ? [] : [`${name}: ${result.reason}: ${result.detail}`];
    }
    return result.mean <= tolerance.mean && result.max <= tolerance.max
      ? []
      : [`${name}: differs by ${result.mean.toFixed(1)} on average, by ${result.max} at most`];
  });
}

/** One line of counts and the largest differences. */
export function summary(results: readonly Result[]): string {
  const { decoded, refused, mean, max } = countsOf(results);
  return (
    `${results.length} combinations: ${decoded} decoded, the largest difference ${mean.toFixed(2)} of 256 steps on ` +
    `average, ${max} at one pixel; ${refused} refused`
  );
}

/** A Markdown table with a row per format and kind of pixels, padded like the formatter does. */
export function corpusTable(results: readonly Result[]): string {
  const groups = Map.groupBy(results, ({ combination: { format, pixels } }) => `${format}|${pixels}`);
  const rows = [...groups].map(([name, group]) => {
    const { decoded, refused, mean, max } = countsOf(group);
    // Rounded up, so that the last digits of a difference do not change the table.
    const differences = decoded === 0 ? ['', ''] : [String(Math.ceil(mean * 2) / 2), String(max)];
    return [...name.split('|'), String(group.length), String(decoded), ...differences, String(refused)];
  });
  const all = countsOf(results);
  const total = [
    'all',
    '',
    String(results.length),
    String(all.decoded),
    String(Math.ceil(all.mean * 2) / 2),
    String(all.max),
  ];
  const table = [columns, ...rows, [...total, String(all.refused)]];
  const widths = columns.map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = table;
  return [line(head), line(widths.map((length) => '-'.repeat(length))), ...body.map(line)].join('\n');
}

const columns = ['format', 'pixels', 'combinations', 'decoded', 'mean difference', 'largest', 'refused'];

function countsOf(results: readonly Result[]) {
  const decoded = results.filter((result) => 'mean' in result);
  return {
    decoded: decoded.length,
    refused: results.length - decoded.length,
    mean: Math.max(0, ...decoded.map(({ mean }) => mean)),
    max: Math.max(0, ...decoded.map(({ max }) => max)),
  };
}
