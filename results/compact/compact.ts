import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { compactedPartKey } from '../../shared/stores/keys.ts';
import type { ObjectStore } from '../../shared/stores/ports.ts';
import { listNames, removeOld } from '../open/cache-files.ts';
import { openResults } from '../open/open-results.ts';
import { mapParts, type Part, type ResultsSource } from '../open/parts.ts';
import { textLiteral } from '../open/sql-text.ts';
import { bytesOf, type ListedPart, partsToCompact, planRuns, type Run } from './plan-runs.ts';
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
  readonly skipFolder?: (folder: string) => boolean;
  /** Told at first, and whenever parts have been sorted. */
  readonly onProgress?: (progress: CompactProgress) => unknown;
  /** Aborted to stop once the parts that are being sorted have been written. */
  readonly stop?: AbortSignal;
  readonly now?: () => Date;
}

/** Bytes of parts. */
export interface CompactProgress {
  /** For which there are sorted ones by now. */
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
 * reader misses given the others of these days. Every query answers as it did, before, after and at any moment between:
 * compacted parts are durable before those that they stand for are removed, which is done for all at the end, and what is
 * there twice meanwhile is read once. Whoever writes parts need not stop.
 * @throws {UserError} naming a part that is damaged; nothing is then removed
 */
export async function compactResults(options: CompactOptions): Promise<Compaction> {
  const { source, skipFolder = () => false, bytesAtOnce, workFolder } = options;
  let partsBefore = 0;
  const choose = (parts: readonly Part[]) => {
    partsBefore = parts.length;
    return partsToCompact(parts, skipFolder);
  };
  // Which rows are redundant is not for embeddings to say: those of a bucket are fetched when they are sorted.
  const results = await openResults(source, { embeddings: false, gather: false, choose });
  try {
    if (results.parts.length === 0) return { partsBefore, partsAfter: partsBefore, rowsRemoved: 0, interrupted: false };
    await removeOld(
      workFolder,
      (await listNames(workFolder)).filter((name) => name.startsWith(workPrefix)),
      day,
    );
    const work = await mkdtemp(join(workFolder, workPrefix));
    try {
      const redundant = await findRedundantRows(results.connection, results.rowsSql);
      const redundantFile = join(work, 'redundant.parquet');
      await results.connection.run(`copy redundant to ${textLiteral(redundantFile)} (format parquet)`);
      const listed = results.parts.map((part, index) => {
        // The first file of the list is that of the schema.
        const fileIndex = index + 1;
        return { part, fileIndex, redundant: redundant.get(fileIndex) ?? 0 };
      });
      const runs = planRuns(listed, bytesAtOnce);
      return { partsBefore, ...(await replaceRuns(runs, partsBefore, { ...options, work, redundantFile })) };
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  } catch (error) {
    throw await results.explain(error);
  } finally {
    await results.close();
  }
}

const workPrefix = '.compact-';
/** Nobody sorts for so long: what is older was left by a process that was killed. */
const day = 86_400_000;

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
  const generation = randomUUID();
  const total = runs.reduce((sum, { parts }) => sum + bytesOf(parts), 0);
  const replaced: ListedPart[] = [];
  let written = 0;
  onProgress?.({ replaced: 0, total });
  for (const run of runs) {
    if (stop?.aborted) break;
    written += await writeRun(run, { ...options, generation, firstPart: written });
    for (const { part } of run.parts) await part.dropCopies();
    replaced.push(...run.parts);
    onProgress?.({ replaced: bytesOf(replaced), total });
  }
  await removeParts(replaced, options.store);
  return {
    partsAfter: partsBefore + written - replaced.length,
    rowsRemoved: replaced.reduce((sum, { redundant }) => sum + redundant, 0),
    interrupted: replaced.length < runs.reduce((sum, { parts }) => sum + parts.length, 0),
  };
}

/** @returns how many parts will take the place of the run's */
async function writeRun(
  { folder, parts }: Run,
  {
    store,
    work,
    redundantFile,
    generation,
    firstPart,
    now = () => new Date(),
  }: ReplaceOptions & { readonly generation: string; readonly firstPart: number },
): Promise<number> {
  const sorted = join(work, `${firstPart}`);
  const paths = await writeSorted(parts, { redundantFile, folder: sorted });
  const bucket = parts[0]?.part.address.bucket ?? '';
  for (const [index, path] of paths.entries()) {
    await store.write(
      { bucket, key: compactedPartKey(folder, now(), generation, firstPart + index) },
      await readFile(path),
    );
    await rm(path);
  }
  await rm(sorted, { recursive: true, force: true });
  return paths.length;
}

/** All at once: whoever lists parts meanwhile has to list them again. */
async function removeParts(parts: readonly ListedPart[], store: ObjectStore): Promise<void> {
  await mapParts(
    parts.map(({ part }) => part),
    (part) => store.remove(part.address),
  );
}
