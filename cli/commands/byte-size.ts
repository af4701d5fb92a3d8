import { InvalidArgumentError } from 'commander';

const units: Readonly<Record<string, number>> = { '': 1, B: 1, KB: 1e3, MB: 1e6, KIB: 2 ** 10, MIB: 2 ** 20 };

/** Parses a size in bytes: `110KB`, `2.5 MB`, `4MiB`, `110000`. */
export function byteSize(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text) ?? [];
  const bytes = Number(number) * (units[unit.toUpperCase()] ?? Number.NaN);
  if (bytes > 0) return bytes;
  throw new InvalidArgumentError('Give a size such as 110KB, 2.5MB or 110000.');
}
