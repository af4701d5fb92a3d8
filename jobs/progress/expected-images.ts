import { type DuckDBConnection, VARCHAR } from '@duckdb/node-api';
import pMap from 'p-map';
import { firstLine, withoutPath } from '../../results/open/database.ts';
import { readParquet } from '../../results/open/sql-text.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { ListedObject } from '../../shared/stores/ports.ts';
import type { JobList } from './list-job-objects.ts';

/** Images that should have a row: those on the lists of jobs, or all objects of a listing. */
export type ExpectedImages =
  | { readonly lists: readonly JobList[] }
  | {
      /** Takes the place of a job name. */
      readonly name: string;
      readonly objects: AsyncIterable<ListedObject>;
    };

/**
 * Creates the table `listed` of expected images, each key of a job once. `model` is null if any model counts; `changed` is
 * true if rows of the key may belong to an older content.
 * @throws {UserError} naming a list that cannot be read
 */
export async function createListedTable(connection: DuckDBConnection, expected: ExpectedImages): Promise<void> {
  await connection.run('drop table if exists listed');
  if ('lists' in expected) await createFromLists(connection, expected.lists);
  else await createFromListing(connection, expected);
}

/** Of an image on several lists of a job the latest entry counts. */
async function createFromLists(connection: DuckDBConnection, lists: readonly JobList[]): Promise<void> {
  const paths = await pMap(lists, (list) => list.fetch(), { concurrency: 16 });
  const from = paths.length === 0 ? noRows : readParquet(paths);
  const columns = 'job, bucket, key, submitted_at, version, etag, model, preprocess';
  // Most images are on one list only. Finding the others by hash is much faster than grouping all.
  const sql = `
    create or replace temp table repeated as
    select hash(job, bucket, key) as image from ${from} group by image having count(*) > 1;
    create temp table listed as
    select ${columns}, false as changed from ${from} where hash(job, bucket, key) not in (select image from repeated)
    union all
    select job, bucket, key, unnest(latest), changed from (
      select job, bucket, key,
        max(struct_pack(submitted_at, version, etag, model, preprocess)) as latest,
        min(coalesce(version, etag)) <> max(coalesce(version, etag)) as changed
      from ${from} where hash(job, bucket, key) in (select image from repeated)
      group by job, bucket, key
    )`;
  await connection.run(sql).catch((cause: unknown) => {
    const detail = firstLine(cause);
    const index = paths.findIndex((path) => detail.includes(path));
    const bad = lists[index]?.name ?? 'one of the lists of a job';
    const why = withoutPath(detail, paths[index]);
    throw new UserError(`${bad} is damaged or not a list of images; remove it and submit the job again (${why})`, {
      cause,
    });
  });
}

const noRows = `(select '' as job, '' as bucket, '' as key, '' as version, '' as etag, '' as model, '' as preprocess,
  now() as submitted_at where false)`;

async function createFromListing(
  connection: DuckDBConnection,
  { name, objects }: Extract<ExpectedImages, { name: string }>,
): Promise<void> {
  await connection.run(
    'create or replace temp table object (bucket varchar, key varchar, version varchar, etag varchar)',
  );
  const appender = await connection.createAppender('object');
  for await (const { bucket, key, versionId, etag } of objects) {
    appender.appendVarchar(bucket);
    appender.appendVarchar(key);
    appender.appendValue(versionId ?? null, VARCHAR);
    appender.appendVarchar(etag);
    appender.endRow();
  }
  appender.closeSync();
  await connection.run(
    `create temp table listed as
     select $name as job, *, null::varchar as model, null::varchar as preprocess, 'infinity'::timestamptz as submitted_at,
       true as changed from object`,
    { name },
  );
}
