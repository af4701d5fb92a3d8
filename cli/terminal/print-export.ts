import { stat } from 'node:fs/promises';
import { countOf } from './count-of.ts';

/**
 * Reports on stderr what an export wrote; nothing for stdout.
 * @param noun what a row is
 */
export async function printExport(rows: number, path: string | undefined, noun = 'row'): Promise<void> {
  if (path === undefined) return;
  const { size } = await stat(path);
  console.error(`${countOf(rows, noun)} written to ${path} (${bytesText(size)})`);
}

function bytesText(bytes: number): string {
  if (bytes < 1000) return countOf(bytes, 'byte');
  const [unit, divisor] =
    bytes < 1e6 ? (['kB', 1e3] as const) : bytes < 1e9 ? (['MB', 1e6] as const) : (['GB', 1e9] as const);
  return `${(bytes / divisor).toFixed(1)} ${unit}`;
}
