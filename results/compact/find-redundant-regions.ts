import type { DuckDBConnection } from '@duckdb/node-api';
import { latestRegionFirst, regionIdentity } from '../open/create-regions-view.ts';
import { countsByFile } from './find-redundant-rows.ts';

/**
 * Creates the table `redundant` of the stored regions that no query needs, as `findRedundantRows` does for rows. A region is
 * redundant if one of these holds:
 *
 * 1. The same region of the same computation is stored again, not earlier.
 * 2. Its image has a later row without this region.
 * 3. Its image was deleted after it was classified. If the same bytes appear again, they are classified again.
 *
 * A region without a row is kept: the row is written after it.
 * @param connection with the views `results` and `regions`
 * @param source the parts of regions, as `readParquet` gives them, ordered by name
 * @returns the number of redundant regions by `file_index`
 */
export async function findRedundantRegions(connection: DuckDBConnection, source: string): Promise<Map<number, number>> {
  await connection.run(`
    create table redundant as
    with ranked as (
      select file_index, file_row_number, ${regionIdentity}, classified_at,
        row_number() over (partition by ${regionIdentity} order by ${latestRegionFirst}) as rank
      from ${source}
    ),
    current as (
      select image_id, model, preprocess, status = 'deleted' as is_deleted, classified_at as current_at from results
    ),
    needed as (select ${regionIdentity}, true as is_needed from regions where status = 'classified')
    select file_index, file_row_number from ranked
    left join current using (image_id, model, preprocess)
    left join needed using (${regionIdentity})
    where rank > 1 or (
      is_needed is null and coalesce(current_at > classified_at or (is_deleted and current_at = classified_at), false)
    )`);
  return countsByFile(connection);
}
