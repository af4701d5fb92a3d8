import { access, readFile, writeFile } from 'node:fs/promises';
import { firstIssue } from '../../shared/failures/first-issue.ts';
import { settingNames } from '../../shared/failures/setting-names.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { parseRecordedRanges, type RecordedRanges } from './recorded-ranges.ts';

/** @throws {UserError} if the file cannot be read or is not one of `writeRecordedRanges` */
export async function readRecordedRanges(path: string): Promise<RecordedRanges> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UserError(`the recorded ranges ${path} cannot be read: give a file of recorded ranges`, { cause });
  });
  try {
    return parseRecordedRanges(JSON.parse(text));
  } catch (cause) {
    throw new UserError(`${path} is not a file of recorded ranges: ${firstIssue(cause)}`, { cause });
  }
}

/**
 * Writes the numbers of one value per line.
 * @param overwrite whether an existing file is replaced
 * @throws {UserError} if the file exists without `overwrite`, or cannot be written
 */
export async function writeRecordedRanges(
  path: string,
  { ranges, channelMeans, ...head }: RecordedRanges,
  overwrite = false,
): Promise<void> {
  const start = JSON.stringify(head, null, 2).slice(0, -2);
  const means = channelMeans && [`  "channelMeans": ${linePerValue(channelMeans)}`];
  const text = `${[start, ...(means ?? []), `  "ranges": ${linePerValue(ranges)}`].join(',\n')}\n}\n`;
  await writeFile(path, text, { flag: overwrite ? 'w' : 'wx' }).catch((cause: unknown) => {
    throw new UserError(`cannot write the ranges to ${path}: give a new file in an existing folder`, { cause });
  });
}

function linePerValue(values: Readonly<Record<string, readonly number[]>>): string {
  const lines = Object.entries(values).map(([digest, numbers]) => `    "${digest}": [${numbers.join(', ')}]`);
  return `{\n${lines.join(',\n')}\n  }`;
}

/** @throws {UserError} if `writeRecordedRanges` would not replace the file; call it before the long work */
export async function checkRangesFile(path: string, overwrite = false): Promise<void> {
  if (overwrite) return;
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists) throw new UserError(`${path} exists: give ${settingNames.overwrite} to replace it, or another file`);
}
