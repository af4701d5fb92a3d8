import { join } from 'node:path';
import { checkFormats } from '../open/check-formats.ts';
import { checkNewParts } from '../open/check-new-parts.ts';
import { openResults } from '../open/open-results.ts';
import { checkedFile, mapParts, type Part } from '../open/parts.ts';
import { readParquet, textLiteral } from '../open/sql-text.ts';
import type { CompactOptions } from './compact-options.ts';
import { findRedundantRegions } from './find-redundant-regions.ts';
import { planRuns } from './plan-runs.ts';
import { type Replacement, replaceRuns } from './replace-parts.ts';
import { regionLayout } from './write-sorted.ts';

/** Rewrites parts with embeddings of regions as `compactResults` does. @param parts listed before the results are opened */
export async function compactRegions(
  parts: readonly Part[],
  { source, store, bytesPerRun, onProgress, stop, now }: CompactOptions,
  makeWork: () => Promise<string>,
): Promise<Replacement> {
  if (stop?.aborted) return { written: 0, replaced: 0, rowsRemoved: 0, interrupted: true };
  const results = await openResults(source, { embeddings: false });
  const work = await makeWork();
  try {
    return await results.withConnection(async (connection) => {
      // Parts of a bucket are checked when they are fetched completely.
      if (source.kind === 'folder') await checkNewParts(parts, checkedFile(source, 'regions'));
      const files = await mapParts(parts, async (part) => ({ name: part.name, path: await part.fetchLight() }));
      await checkFormats(connection, files);
      const redundant = await findRedundantRegions(connection, readParquet(files.map(({ path }) => path)));
      const redundantFile = join(work, 'redundant-regions.parquet');
      await connection.run(`copy redundant to ${textLiteral(redundantFile)} (format parquet)`);
      const listed = parts.map((part, fileIndex) => ({ part, fileIndex, redundant: redundant.get(fileIndex) ?? 0 }));
      const runs = planRuns(listed, bytesPerRun);
      return replaceRuns(runs, { store, work, redundantFile, layout: regionLayout, onProgress, stop, now });
    });
  } finally {
    await results.close();
  }
}
