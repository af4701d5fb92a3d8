import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { diskProblem } from '../../shared/stores/local/file-failure.ts';
import { exists } from './cache-files.ts';
import { UnknownFormat } from './check-formats.ts';
import { DamagedPart } from './check-part.ts';
import { firstLine } from './database.ts';
import { findBadPart } from './find-bad-part.ts';
import type { OpenedParts } from './opened-parts.ts';
import { mapParts } from './parts.ts';
import { ResultsChanged } from './results-changed.ts';

/**
 * Turns an error of DuckDB into one line for people: the part at fault, `ResultsChanged` if parts were removed, or else
 * DuckDB's first line. Other errors are returned unchanged.
 */
export async function explainFault(error: unknown, opened: OpenedParts): Promise<unknown> {
  if (!(error instanceof Error) || !/^[A-Z][A-Za-z ]* Error: /.test(error.message)) return error;
  const full = diskFault(error);
  if (full !== undefined) return full;
  if (isAboutFiles(error)) {
    if (await isAnyPartGone(error, opened)) {
      return new ResultsChanged('the results were compacted during this query: try again', { cause: error });
    }
    const bad = await findBadPart(error, opened);
    if (bad !== undefined) return bad;
  }
  return new UserError(firstLine(error), { cause: error });
}

/** The error that names a part which cannot be read; undefined for a fault that another attempt may not meet. */
export async function lastingFault(error: unknown, opened: OpenedParts): Promise<UserError | undefined> {
  if (error instanceof Failure) return undefined;
  if (error instanceof DamagedPart || error instanceof UnknownFormat) return error;
  const full = diskFault(error);
  if (full !== undefined) return full;
  return (await isAnyPartGone(error, opened)) ? undefined : findBadPart(error, opened);
}

/** The error for a disk that takes no more of DuckDB's files, with a path that the user knows. */
export function diskFault(error: unknown): UserError | undefined {
  const problem = diskProblem(error);
  if (problem === undefined || !(error instanceof Error)) return undefined;
  const [, path = 'a temporary file'] = /"([^"]+)"/.exec(error.message) ?? [];
  // Cut at the first folder that is hidden or temporary.
  const known = path.replace(/\/(\.|inception-batch-query-).*$/, '');
  return new UserError(`${known} cannot be written: ${problem}`, { cause: error });
}

/** False for a mistake in the text or the arithmetic of a query. */
export function isAboutFiles(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return /^(IO|Invalid|Invalid Input|Internal|INTERNAL|FATAL|Fatal|Serialization|Corruption) Error: /.test(
    error.message,
  );
}

/** Whether a part, or a local copy of it, was removed after it was listed. */
async function isAnyPartGone(
  error: unknown,
  { parts, regions, source }: Pick<OpenedParts, 'parts' | 'regions' | 'source'>,
): Promise<boolean> {
  if (error instanceof Failure) return error.reason === 'object_gone';
  if (error instanceof Error && /No files found|Cannot open file/.test(error.message)) return true;
  if (source.kind !== 'folder') return false;
  const all = [...parts, ...(regions?.parts ?? [])];
  return (await mapParts(all, async ({ name }) => exists(name).catch(() => false))).includes(false);
}
