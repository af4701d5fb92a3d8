import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { compactedPartKey } from '../../shared/stores/keys.ts';
import type { ObjectStore } from '../../shared/stores/ports.ts';
import { listNames, removeOld } from '../open/cache-files.ts';
import { openResults, type Results } from '../open/open-results.ts';
import { mapParts, type Part, type ResultsSource } from '../open/parts.ts';
import { textLiteral } from '../open/sql-text.ts';
import { findRedundantRows } from './find-redundant-rows.ts';
import { bytesOf, type ListedPart, partsToCompact, planRuns, type Run } from './plan-runs.ts';
import { writeSorted } from './write-sorted.ts';

export interface CompactOptions {
  readonly source: ResultsSource;
  /** The store of the parts: compacted parts are written to it and replaced ones removed. */
  readonly store: ObjectStore;
  /** Where rows are sorted. Takes up to three times `bytesPerRun`. */
  readonly workFolder: string;
  /** Bytes of parts that are sorted together; a day with more becomes several sorted runs. */
  readonly bytesPerRun: number;
  /**
   * Skips a folder such as `results/date=2026-03-01`, because parts are still written to it.
   * @default none
   */
  readonly skipFolder?: (folder: string) => boolean;
  /** Called at the start and after every run. */
  readonly onProgress?: (progress: CompactProgress) => unknown;
  /** Stops after the current run. */
  readonly stop?: AbortSignal;
  readonly now?: () => Date;
}

/** In bytes of parts to replace. */
export interface CompactProgress {
  readonly replaced: number;
  readonly total: number;
}

export interface Compaction {
  readonly partsBefore: number;
  readonly partsAfter: number;
  /** Rows that no query needs. */
  readonly rowsRemoved: number;
  readonly interrupted: boolean;
}

/**
 * Rewrites the parts of every day with new parts as fewer parts, sorted by bucket and key, without redundant rows. Queries
 * give the same answers before, during and after: compacted parts are durable before the replaced ones are removed, all at
 * the end, and readers ignore duplicates. Workers may write parts at the same time.
 * @throws {UserError} naming a damaged part; no part is removed then
 */
export async function compactResults(options: CompactOptions): Promise<Compaction> {
  const { source, skipFolder = () => false, workFolder } = options;
  let partsBefore = 0;
  const choose = (parts: readonly Part[]) => {
    partsBefore = parts.length;
    return partsToCompact(parts, skipFolder);
  };
  // Redundant rows are found without embeddings: parts of a bucket are only fetched completely to be sorted.
  const results = await openResults(source, { embeddings: false, merge: false, choose });
  try {
    if (results.partCount === 0) return { partsBefore, partsAfter: partsBefore, rowsRemoved: 0, interrupted: false };
    const names = await listNames(workFolder);
    await removeOld(
      workFolder,
      names.filter((name) => name.startsWith(workPrefix)),
      leftoverMs,
    );
    const work = await mkdtemp(join(workFolder, workPrefix));
    try {
      return { partsBefore, ...(await rewriteParts(results, partsBefore, options, work)) };
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  } finally {
    await results.close();
  }
}

const workPrefix = '.compact-';
/** Age at which work folders of killed processes are removed. */
const leftoverMs = 86_400_000;

function rewriteParts(
  results: Results,
  partsBefore: number,
  options: CompactOptions,
  work: string,
): Promise<Omit<Compaction, 'partsBefore'>> {
  return results.withConnection(async (connection) => {
    const redundant = await findRedundantRows(connection, results.rowsSql);
    const redundantFile = join(work, 'redundant.parquet');
    await connection.run(`copy redundant to ${textLiteral(redundantFile)} (format parquet)`);
    const listed = results.parts.map((part, index) => {
      // File 0 is that of the schema.
      const fileIndex = index + 1;
      return { part, fileIndex, redundant: redundant.get(fileIndex) ?? 0 };
    });
    const runs = planRuns(listed, options.bytesPerRun);
    return replaceRuns(runs, partsBefore, { ...options, work, redundantFile });
  });
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

/** @returns the number of parts that replace those of the run */
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
    const bytes = await readFile(path);
    const key = compactedPartKey(folder, now(), generation, firstPart + index, crc32(bytes));
    await store.write({ bucket, key }, bytes);
    await rm(path);
  }
  await rm(sorted, { recursive: true, force: true });
  return paths.length;
}

/** Removes all at once, because readers that listed them have to list again. */
async function removeParts(parts: readonly ListedPart[], store: ObjectStore): Promise<void> {
  await mapParts(
    parts.map(({ part }) => part),
    (part) => store.remove(part.address),
  );
}
