import type { DuckDBConnection } from '@duckdb/node-api';
import { sequencerOrder } from '../../shared/events/sequencer.ts';
import { unseenReasons } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { textLiteral } from './sql-text.ts';

/**
 * Creates the view `results` over parts. The superseded rows, and those whose object was deleted, are found once and stored
 * by file and row number in the tables `superseded` and `deleted`, so that queries need no sorting.
 * @param source the parts, as `readParquet` gives them
 * @param names the columns of the view
 * @throws {UserError} if a row belongs to no image
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
    ${hasMarks ? `left join deleted on ${sameRow('deleted', 'part')}` : ''}`);
}

interface KindsOfRows {
  /** Deletion marks: rows that record that an object was deleted. */
  readonly hasMarks: boolean;
  /** Unseen rows: those rejected because the object could not be read. */
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
 * Superseded are: deletion marks; all but the best row of an image, model and preprocessing, since messages and runs may
 * repeat; and unseen rows whose key has a later row.
 *
 * Few rows have any of these properties. They are selected by hash first, because sorting a million images takes seconds.
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
    throw new UserError('the results contain rows without an image, model, preprocessing or status');
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
             ) as rank
             from ${source}
             where status <> 'deleted' and hash(bucket, key) in (select hash(bucket, key) from ${source} where ${isUnseen})
           ) where rank > 1 and ${isUnseen}`,
        ]
      : []),
  ];
  await connection.run(
    `create table superseded as select distinct * from (${superseded.length > 0 ? superseded.join(' union all ') : nothing})`,
  );
}

const imageHash = 'hash(image_id, model, preprocess)';
/** The order depends on the content of rows, and only between equal rows on the file that holds them. */
export const latestFirst = `coalesce(classified_at, ingested_at) desc, event_time desc, sequencer desc nulls last,
  image_id desc, reason desc nulls last, file_index desc, file_row_number desc`;
/** Whether the object could not be read: the row says nothing about its bytes. */
export const isUnseen = `coalesce(reason in (${unseenReasons.map(textLiteral)}), false)`;
/** Classified rows first, then rejections because of content, then unseen rows; of each the latest first. */
export const bestFirst = `status = 'classified' desc, ${isUnseen}, ${latestFirst}`;
const nothing = 'select 0::ubigint as file_index, 0::bigint as file_row_number where false';

/**
 * Finds the rows of deleted images: every upload of the image was followed by a deletion of its key or version. Uploads of
 * the same bytes are one image. Neither the order in which rows were stored nor their model matters.
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

function sameRow(one: string, other: string): string {
  return `${one}.file_index = ${other}.file_index and ${one}.file_row_number = ${other}.file_row_number`;
}

/** SQL: whether the event of one row is later than that of the other; by time if one of them has no sequencer. */
function happenedAfter(one: string, other: string): string {
  const [left, right] = [one, other].map((row) => sequencerOrder(`${row}.sequencer`));
  return `coalesce(${left} > ${right}, ${one}.event_time >= ${other}.event_time)`;
}
