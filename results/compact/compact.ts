import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { listNames, removeOld } from '../open/cache-files.ts';
import { openResults, type Results } from '../open/open-results.ts';
import { type Part, partsOf } from '../open/parts.ts';
import { textLiteral } from '../open/sql-text.ts';
import type { CompactOptions } from './compact-options.ts';
import { compactRegions } from './compact-regions.ts';
import { findRedundantRows } from './find-redundant-rows.ts';
import { listedParts, partsToCompact, planRuns } from './plan-runs.ts';
import { type Replacement, replaceRuns } from './replace-parts.ts';
import { rowLayout } from './write-sorted.ts';

/** Of the parts of rows, and of those with embeddings of regions. */
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
 *
 * Parts with embeddings of regions are compacted after them. Those of deleted images are removed.
 * @throws {UserError} naming a damaged part; no part of its kind is removed then
 */
export async function compactResults(options: CompactOptions): Promise<Compaction> {
  const { source, skipFolder = () => false, workFolder } = options;
  // Listed first: a region that is stored later, or whose row is, is not judged by rows that are older.
  const regionParts = await partsOf(source, 'regions');
  const regions = partsToCompact(regionParts, skipFolder);
  let partsBefore = regionParts.length;
  const choose = (parts: readonly Part[]) => {
    partsBefore = regionParts.length + parts.length;
    return partsToCompact(parts, skipFolder);
  };
  return inWorkFolder(workFolder, async (work) => {
    // Redundant rows are found without embeddings: parts of a bucket are only fetched completely to be sorted.
    const results = await openResults(source, { embeddings: false, merge: false, choose });
    const rows = await rewriteRows(results, options, work).finally(() => results.close());
    const done = [rows, ...(regions.length === 0 ? [] : [await compactRegions(regions, options, work)])];
    const sum = (count: (replacement: Replacement) => number) => done.reduce((total, each) => total + count(each), 0);
    return {
      partsBefore,
      partsAfter: partsBefore + sum(({ written, replaced }) => written - replaced),
      rowsRemoved: sum(({ rowsRemoved }) => rowsRemoved),
      interrupted: done.some(({ interrupted }) => interrupted),
    };
  });
}

const workPrefix = '.compact-';
/** Age at which work folders of killed processes are removed. */
const leftoverMs = 86_400_000;

async function inWorkFolder<T>(folder: string, run: (work: () => Promise<string>) => Promise<T>): Promise<T> {
  let made: Promise<string> | undefined;
  const make = async () => {
    const names = await listNames(folder);
    await removeOld(
      folder,
      names.filter((name) => name.startsWith(workPrefix)),
      leftoverMs,
    );
    return mkdtemp(join(folder, workPrefix));
  };
  try {
    return await run(() => {
      made ??= make();
      return made;
    });
  } finally {
    const work = await made?.catch(() => undefined);
    if (work !== undefined) await rm(work, { recursive: true, force: true });
  }
}

async function rewriteRows(
  results: Results,
  options: CompactOptions,
  makeWork: () => Promise<string>,
): Promise<Replacement> {
  if (results.partCount === 0) return { written: 0, replaced: 0, rowsRemoved: 0, interrupted: false };
  const work = await makeWork();
  return results.withConnection(async (connection) => {
    const redundant = await findRedundantRows(connection, results.rowsSql);
    const redundantFile = join(work, 'redundant.parquet');
    await connection.run(`copy redundant to ${textLiteral(redundantFile)} (format parquet)`);
    const { store, bytesPerRun, onProgress, stop, now } = options;
    const runs = planRuns(listedParts(results.parts, redundant), bytesPerRun);
    return replaceRuns(runs, { store, work, redundantFile, layout: rowLayout, onProgress, stop, now });
  });
}
