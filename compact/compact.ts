import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openResults } from '../query/open-results.ts';
import { forEachPart, type Part, type ResultsSource } from '../query/parts.ts';
import { textLiteral } from '../query/sql-text.ts';
import { compactedKey } from '../shared/keys.ts';
import type { ObjectStore } from '../shared/ports.ts';
import { bytesOf, partsToCompact, planRuns, type Run } from './plan-runs.ts';
import { findRedundantRows } from './redundant-rows.ts';
import { writeSorted } from './write-sorted.ts';

export interface CompactOptions {
  readonly source: ResultsSource;
  /** What the parts lie in: compacted ones are written to it, and those that they stand for removed. */
  readonly store: ObjectStore;
  /** Where rows are sorted: takes up to three times `bytesAtOnce`. */
  readonly workFolder: string;
  /** Bytes of parts that are sorted together; a day that has more becomes several sorted runs. */
  readonly bytesAtOnce: number;
  /**
   * Folders that are left alone, as `results/date=2026-03-01`: to which parts are still being written.
   * @default none
   */
  readonly isLeftAlone?: (folder: string) => boolean;
  /** Told at first, and whenever parts have been replaced. */
  readonly onProgress?: (progress: CompactProgress) => unknown;
  /** Aborted to stop once the parts that are being sorted have been replaced. */
  readonly stop?: AbortSignal;
  readonly now?: () => Date;
}

/** Bytes of parts. */
export interface CompactProgress {
  readonly replaced: number;
  /** That are to be replaced. */
  readonly total: number;
}

export interface Compaction {
  readonly partsBefore: number;
  readonly partsAfter: number;
  /** Rows that nobody missed. */
  readonly rowsRemoved: number;
  readonly interrupted: boolean;
}

/**
 * Rewrites the parts of every day that has something new as fewer ones, sorted by bucket and key, without the rows that no
 * reader misses given the others of these days. Every query answers as
 * it did, before, after and at any moment between: a compacted part is durable before what it stands for is removed, and
 * what is there twice meanwhile is read once. Whoever writes parts need not stop.
 * @throws {UserError} naming the part that is damaged; nothing of its day has then been changed
 */
export async function compactResults(options: CompactOptions): Promise<Compaction> {
  const { source, isLeftAlone = () => false, bytesAtOnce } = options;
  let partsBefore = 0;
  const choose = (parts: readonly Part[]) => {
    partsBefore = parts.length;
    return partsToCompact(parts, isLeftAlone);
  };
  // Which rows are redundant is not for embeddings to say: those of a bucket are fetched when they are sorted.
  const results = await openResults(source, { embeddings: false, gather: false, choose });
  const work = await mkdtemp(join(options.workFolder, '.compact-'));
  try {
    const redundant = await findRedundantRows(results.connection, results.rows);
    const redundantFile = join(work, 'redundant.parquet');
    await results.connection.run(`copy redundant to ${textLiteral(redundantFile)} (format parquet)`);
    const listed = results.listed.map((part, index) => {
      // The first file of the list is that of the schema.
      const fileIndex = index + 1;
      return { part, fileIndex, redundant: redundant.get(fileIndex) ?? 0 };
    });
    const runs = planRuns(listed, bytesAtOnce);
    return { partsBefore, ...(await replaceRuns(runs, partsBefore, { ...options, work, redundantFile })) };
  } catch (error) {
    throw await results.explain(error);
  } finally {
    await results.close();
    await rm(work, { recursive: true, force: true });
  }
}

interface ReplaceOptions extends CompactOptions {
  readonly work: string;
  readonly redundantFile: string;
}

async function replaceRuns(
  runs: readonly Run[],
  partsBefore: number,
  options: ReplaceOptions,
): Promise<Omit<Compaction, 'partsBefore'>> {
  const { onProgress, stop } = options;
  const total = runs.reduce((sum, { parts }) => sum + bytesOf(parts), 0);
  let [replaced, partsAfter, rowsRemoved] = [0, partsBefore, 0];
  onProgress?.({ replaced, total });
  for (const run of runs) {
    if (stop?.aborted) return { partsAfter, rowsRemoved, interrupted: true };
    partsAfter += (await replaceRun(run, options)) - run.parts.length;
    rowsRemoved += run.parts.reduce((sum, { redundant }) => sum + redundant, 0);
    replaced += bytesOf(run.parts);
    onProgress?.({ replaced, total });
  }
  return { partsAfter, rowsRemoved, interrupted: false };
}

/** @returns how many parts took the place of the run's */
async function replaceRun(
  { folder, parts }: Run,
  { store, work, redundantFile, now = () => new Date() }: ReplaceOptions,
): Promise<number> {
  const sorted = join(work, randomUUID());
  const { paths } = await writeSorted(parts, { redundantFile, folder: sorted });
  const bucket = parts[0]?.part.address.bucket ?? '';
  for (const path of paths) {
    await store.write({ bucket, key: compactedKey(folder, now(), randomUUID()) }, await readFile(path));
    await rm(path);
  }
  await forEachPart(
    parts.map(({ part }) => part),
    async (part) => {
      await store.remove(part.address);
      await part.forget();
    },
  );
  await rm(sorted, { recursive: true, force: true });
  return paths.length;
}
