import type { DuckDBConnection } from '@duckdb/node-api';
import { z } from 'zod';
import { sequencerOrder } from '../../shared/events/sequencer.ts';
import { bestFirst, isUnseen, latestFirst } from '../open/create-view.ts';

const countsSchema = z.array(
  z.object({ file_index: z.bigint().transform(Number), rows: z.bigint().transform(Number) }),
);

/**
 * Creates the table `redundant` of the rows that no query needs, by `file_index` in the list of files of `source` and
 * `file_row_number`. A row is redundant if all of these hold:
 *
 * 1. Readers use another row of the same image, model and preprocessing; or the row says that the object could not be read,
 *    and its key has a later row.
 * 2. It is the last event of its image neither by sequencer nor by time: whether an image is deleted depends on its last
 *    upload, whichever row records that.
 * 3. It is not the latest row of its key, where rows that say that the object could not be read come last.
 *
 * The order of rows is that of readers and does not depend on the file that holds a row, so two compactions at the same
 * time keep the same rows.
 * @param source the parts, as `readParquet` gives them, ordered by name
 * @returns the number of redundant rows by `file_index`
 */
export async function findRedundantRows(connection: DuckDBConnection, source: string): Promise<Map<number, number>> {
  await connection.run(`
    create table suspect as
    select hash(image_id) as image from ${source} group by hash(image_id, model, preprocess), image having count(*) > 1
    union select hash(image_id) from ${source} where ${isUnseen}`);
  await connection.run(`
    create table redundant as
    with here as (
      select file_index, file_row_number, image_id, bucket, key, model, preprocess, status, reason, sequencer, event_time,
        classified_at, ingested_at
      from ${source} where hash(image_id) in (select image from suspect)
        or hash(bucket, key) in (select hash(bucket, key) from ${source} where ${isUnseen})
    ),
    ranked as (
      select file_index, file_row_number, reason,
        row_number() over (
          partition by image_id, model, preprocess order by ${bestFirst}
        ) as of_result,
        row_number() over (
          partition by bucket, key, model, preprocess, status = 'deleted' order by ${latestFirst}
        ) as of_key,
        row_number() over (
          partition by image_id
          order by ${sequencerOrder('sequencer')} desc nulls last, ${bestFirst}
        ) as by_sequencer,
        row_number() over (
          partition by image_id order by event_time desc, ${bestFirst}
        ) as by_clock
      from here
    )
    select file_index, file_row_number from ranked
    where (of_result > 1 or ${isUnseen}) and of_key > 1 and by_sequencer > 1 and by_clock > 1`);
  return countsByFile(connection);
}

/** The number of rows of the table `redundant` by `file_index`. */
export async function countsByFile(connection: DuckDBConnection): Promise<Map<number, number>> {
  const reader = await connection.runAndReadAll(
    'select file_index, count(*) as rows from redundant group by file_index',
  );
  return new Map(countsSchema.parse(reader.getRowObjectsJS()).map(({ file_index, rows }) => [file_index, rows]));
}
