import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { encodeRegionRows } from '../../shared/rows/region-rows.ts';
import { regionColumns } from '../../shared/rows/region-schema.ts';
import { assertColumns } from '../open/assert-columns.ts';
import { checkFormats } from '../open/check-formats.ts';
import { checkNewParts } from '../open/check-new-parts.ts';
import { explainFault, lastingFault } from '../open/explain-fault.ts';
import { openResults } from '../open/open-results.ts';
import { checkedFile, mapParts, type Part } from '../open/parts.ts';
import { readParquet, textLiteral } from '../open/sql-text.ts';
import type { CompactOptions } from './compact-options.ts';
import { findRedundantRegions } from './find-redundant-regions.ts';
import { listedParts, planRuns } from './plan-runs.ts';
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
  try {
    const work = await makeWork();
    const schemaFile = join(work, 'regions.parquet');
    await writeFile(schemaFile, encodeRegionRows([]));
    const opened = { parts, source, schemaFile, temporaryFolder: work };
    const rewrite = async (connection: DuckDBConnection) => {
      // Parts of a bucket are checked when they are fetched completely.
      if (source.kind === 'folder') await checkNewParts(parts, checkedFile(source, 'regions'));
      const files = await mapParts(parts, async (part) => ({ name: part.name, path: await part.fetchLight() }));
      await checkFormats(connection, files);
      const rowsSql = readParquet([schemaFile, ...files.map(({ path }) => path)]);
      await assertColumns(connection, rowsSql, { schemaFile, names: Object.keys(regionColumns) });
      const redundant = await findRedundantRegions(connection, rowsSql);
      const redundantFile = join(work, 'redundant-regions.parquet');
      await connection.run(`copy redundant to ${textLiteral(redundantFile)} (format parquet)`);
      const runs = planRuns(listedParts(parts, redundant), bytesPerRun);
      return replaceRuns(runs, { store, work, redundantFile, layout: regionLayout, onProgress, stop, now });
    };
    return await results.withConnection((connection) =>
      rewrite(connection).catch(async (error: unknown) => {
        throw (await lastingFault(error, opened)) ?? (await explainFault(error, opened));
      }),
    );
  } finally {
    await results.close();
  }
}
