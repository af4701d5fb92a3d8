import type { DuckDBConnection } from '@duckdb/node-api';
import { sequencerOrder } from '../../shared/events/sequencer.ts';
import { unseenReasons } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { textLiteral } from './sql-text.ts';

/**
 * Makes the view `results` over parts. The rows that it leaves out and those whose object was deleted are found once and
 * kept by their place, so that no query has to sort anything again.
 * @param source the parts, as `readParquet` gives them
 * @param names the view's columns
 * @throws {UserError} where a row belongs to no image
 */
export async function createView(
  connection: DuckDBConnection,
  source: string,
  names: readonly string[],
): Promise<void> {
  const { hasMarks, hasUnseen } = await kindsOfRows(connection, source);
  await findSuperseded(connection, source, { hasMarks, hasUnseen });
  if (hasMarks) await findDeleted(connection, source);
  const selected = names.map((name) =>
    hasMarks && name === 'status' ? `if(deleted.file_index is null, part.status, 'deleted') as status` : `part.${name}`,
  );
  await connection.run(`
    create view results as
    select ${selected.join(', ')} from ${source} as part
    anti join superseded using (file_index, file_row_number)
    ${hasMarks ? `left join deleted on ${samePlace('deleted', 'part')}` : ''}`);
}

interface KindsOfRows {
  /** Rows that say that an object was deleted. */
  readonly hasMarks: boolean;
  /** Rows that say that an object could not be had. */
  readonly hasUnseen: boolean;
}

async function kindsOfRows(connection: DuckDBConnection, source: string): Promise<KindsOfRows> {
  const reader = await connection.runAndReadAll(`select distinct status, reason from ${source}`);
  const kinds = reader.getRowsJson().map(([status, reason]) => ({ status, reason: String(reason) }));
  return {
    hasMarks: kinds.some(({ status }) => status === 'deleted'),
    hasUnseen: kinds.some(({ reason }) => unseenReasons.includes(reason)),
  };
}

/**
 * The same image may be in many parts: a message came twice, a run was repeated. And a row that says that an object
 * could not be had says nothing once there is a later one of its key. Marks of deletions are no images at all.
 *
 * Most images are there once, and most rows are none of those: what can concern only a few is asked of those few, found
 * by hashes, as sorting all of a million images takes seconds.
 */
async function findSuperseded(
  connection: DuckDBConnection,
  source: string,
  { hasMarks, hasUnseen }: KindsOfRows,
): Promise<void> {
  await connection.run(`
    create table repeated as
    select if(image_id is null or model is null or preprocess is null or status is null, null, ${imageHash}) as image
    from ${source} group by image having count(*) > 1 or image is null`);
  const repeated = await connection.runAndReadAll('select image from repeated order by image nulls first limit 1');
  if (repeated.currentRowCount > 0 && repeated.getRowsJson()[0]?.[0] === null) {
    throw new UserError('the results hold rows that belong to no image');
  }
  const superseded = [
    ...(hasMarks ? [`select file_index, file_row_number from ${source} where status = 'deleted'`] : []),
    ...(repeated.currentRowCount > 0
      ? [
          `select file_index, file_row_number from ${source} where ${imageHash} in (select image from repeated)
           qualify row_number() over (
             partition by image_id, model, preprocess order by ${bestFirst}
           ) > 1`,
        ]
      : []),
    ...(hasUnseen
      ? [
          `select file_index, file_row_number from (
             select file_index, file_row_number, reason, row_number() over (
               partition by bucket, key, model, preprocess order by ${latestFirst}
             ) as place
             from ${source}
             where status <> 'deleted' and hash(bucket, key) in (select hash(bucket, key) from ${source} where ${isUnseen})
           ) where place > 1 and ${isUnseen}`,
        ]
      : []),
  ];
  await connection.run(
    `create table superseded as select distinct * from (${superseded.length > 0 ? superseded.join(' union all ') : nothing})`,
  );
}

const imageHash = 'hash(image_id, model, preprocess)';
/** By what the rows say, so that it does not matter in which parts they lie; places only tell apart what says the same. */
export const latestFirst = `coalesce(classified_at, ingested_at) desc, event_time desc, sequencer desc nulls last,
  image_id desc, reason desc nulls last, file_index desc, file_row_number desc`;
/** That an object could not be had, which says nothing of its bytes. */
export const isUnseen = `coalesce(reason in (${unseenReasons.map(textLiteral)}), false)`;
/** What is known of an image before what is not, the latest first. */
export const bestFirst = `status = 'classified' desc, ${isUnseen}, ${latestFirst}`;
const nothing = 'select 0::ubigint as file_index, 0::bigint as file_row_number where false';

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

/** SQL: whether the event of one row came after that of the other, by the clock if one of them has no sequencer. */
function happenedAfter(one: string, other: string): string {
  const [left, right] = [one, other].map((row) => sequencerOrder(`${row}.sequencer`));
  return `coalesce(${left} > ${right}, ${one}.event_time >= ${other}.event_time)`;
}
