import type { DuckDBConnection } from '@duckdb/node-api';
import { unseenReasons } from '../shared/failure.ts';
import { columns } from '../shared/results/schema.ts';
import { textLiteral } from './sql-text.ts';

/**
 * Makes the view `results` over parts. The rows that it leaves out and those whose object was deleted are found once and
 * kept by their place, so that no query has to sort anything again.
 * @param source the parts, as `readParquet` gives them
 */
export async function createView(connection: DuckDBConnection, source: string): Promise<void> {
  await findSuperseded(connection, source);
  const mark = await connection.runAndReadAll('select 1 from superseded where is_mark limit 1');
  const hasMarks = mark.currentRowCount > 0;
  if (hasMarks) await findDeleted(connection, source);
  const names = Object.keys(columns).map((name) =>
    hasMarks && name === 'status' ? `if(deleted.file_index is null, part.status, 'deleted') as status` : `part.${name}`,
  );
  await connection.run(`
    create view results as
    select ${names.join(', ')} from ${source} as part
    anti join superseded using (file_index, file_row_number)
    ${hasMarks ? `left join deleted on ${samePlace('deleted', 'part')}` : ''}`);
}

/**
 * The same image may be in many parts: a message came twice, a run was repeated. And a row that says that an object
 * could not be had says nothing once there is a later one of its key. Marks of deletions are no images at all.
 */
async function findSuperseded(connection: DuckDBConnection, source: string): Promise<void> {
  await connection.run(`
    create table superseded as
    select file_index, file_row_number, status = 'deleted' as is_mark from ${source}
    qualify is_mark or row_number() over (
      partition by image_id, model, preprocess
      order by status = 'classified' desc, coalesce(classified_at, ingested_at) desc, file_index desc, file_row_number desc
    ) > 1
    or (reason in (${unseenReasons.map(textLiteral)}) and row_number() over (
      partition by bucket, key, model, preprocess, status = 'deleted'
      order by coalesce(classified_at, ingested_at) desc, file_index desc, file_row_number desc
    ) > 1)`);
}

/**
 * The rows of images whose object was deleted: a deletion of their key, or of just their version, is later than the upload
 * that they are of. Uploads of the same bytes are one image, which is gone only if each of them was followed by a
 * deletion; whichever row was stored first or last, and by which model, does not matter.
 */
async function findDeleted(connection: DuckDBConnection, source: string): Promise<void> {
  await connection.run(`
    create table deleted as
    with mark as (select bucket, key, version, sequencer, event_time from ${source} where status = 'deleted'),
    upload as (
      select part.file_index, part.file_row_number, part.image_id,
        coalesce(bool_or((mark.version is null or mark.version is not distinct from part.version)
          and ${happenedAfter('mark', 'part')}), false) as was_deleted
      from ${source} as part join mark using (bucket, key)
      where part.status <> 'deleted'
      group by all
    )
    select file_index, file_row_number from upload qualify bool_and(was_deleted) over (partition by image_id)`);
}

function samePlace(one: string, other: string): string {
  return `${one}.file_index = ${other}.file_index and ${one}.file_row_number = ${other}.file_row_number`;
}

/**
 * Whether the event of one row came after that of the other. Sequencers are hexadecimal numbers of different lengths; where
 * one has none, the clock has to do.
 */
function happenedAfter(one: string, other: string): string {
  const [left, right] = [one, other].map((row) => `ltrim(lower(${row}.sequencer), '0')`);
  return `if(${one}.sequencer is null or ${other}.sequencer is null,
    ${one}.event_time >= ${other}.event_time,
    length(${left}) > length(${right}) or (length(${left}) = length(${right}) and ${left} > ${right}))`;
}
