import type { DuckDBConnection } from '@duckdb/node-api';
import { z } from 'zod';
import { sequencerOrder } from '../../shared/events/sequencer.ts';
import { bestFirst, isUnseen, latestFirst } from '../open/create-view.ts';

const countsSchema = z.array(
  z.object({ file_index: z.bigint().transform(Number), rows: z.bigint().transform(Number) }),
);

/**
 * Makes the table `redundant` of the rows that no reader misses, by their place: `file_index` in the list that the
 * source reads, and `file_row_number`. A row is redundant when
 *
 * 1. the same image has a row of the same model and preprocessing that readers take instead, or, where it says that the
 *    object could not be had, its key has a later one; and
 * 2. it is neither by its sequencer nor by the clock the last event of its image: whether an image was deleted is decided
 *    by its last upload, whatever row tells of that; and
 * 3. it is not the latest of its key, for which those give way that say that the object could not be had.
 *
 * The order is that of the readers and has nothing to do with where rows lie, so that two processes that compact at the
 * same time keep the same ones.
 * @param source the parts, as `readParquet` gives them, in the order of their names
 * @returns how many there are in each file
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
  const reader = await connection.runAndReadAll(
    'select file_index, count(*) as rows from redundant group by file_index',
  );
  return new Map(countsSchema.parse(reader.getRowObjectsJS()).map(({ file_index, rows }) => [file_index, rows]));
}
