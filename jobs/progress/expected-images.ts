import { type DuckDBConnection, VARCHAR } from '@duckdb/node-api';
import pMap from 'p-map';
import { firstLine } from '../../results/open/database.ts';
import { readParquet } from '../../results/open/sql-text.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { ListedObject } from '../../shared/stores/ports.ts';
import type { JobList } from './list-job-objects.ts';

/** Images of which it is known that they are to be done: those on lists of jobs, or all that a place holds now. */
export type ExpectedImages =
  | { readonly lists: readonly JobList[] }
  | {
      /** What the images are called together, as a job is. */
      readonly name: string;
      readonly objects: AsyncIterable<ListedObject>;
    };

/**
 * Makes the table `listed` of images, each key of a job once; `model` is null where any will do, `changed` says that a
 * row of the same key may be of what it held before.
 * @throws {UserError} naming a list that cannot be read
 */
export async function createListedTable(connection: DuckDBConnection, expected: ExpectedImages): Promise<void> {
  await connection.run('drop table if exists listed');
  if ('lists' in expected) await ofLists(connection, expected.lists);
  else await ofPlace(connection, expected);
}

/** An image may be on several lists of a job: the latest is the one that counts. */
async function ofLists(connection: DuckDBConnection, lists: readonly JobList[]): Promise<void> {
  const paths = await pMap(lists, (list) => list.path(), { concurrency: 16 });
  const from = paths.length === 0 ? nothing : readParquet(paths);
  const columns = 'job, bucket, key, submitted_at, version, etag, model, preprocess';
  // Most are on one list alone: to find by hashes those that are not takes a fraction of the time of grouping all.
  const make = `
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
  await connection.run(make).catch((cause: unknown) => {
    const said = firstLine(cause);
    const bad = lists.find((_, index) => said.includes(paths[index] ?? said))?.name ?? 'one of the lists of a job';
    throw new UserError(`${bad} is no list of images, or damaged: submit the job again without it (${said})`, {
      cause,
    });
  });
}

const nothing = `(select '' as job, '' as bucket, '' as key, '' as version, '' as etag, '' as model, '' as preprocess,
  now() as submitted_at where false)`;

async function ofPlace(
  connection: DuckDBConnection,
  { name, objects }: Extract<ExpectedImages, { name: string }>,
): Promise<void> {
  await connection.run(
    'create or replace temp table found (bucket varchar, key varchar, version varchar, etag varchar)',
  );
  const appender = await connection.createAppender('found');
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
       true as changed from found`,
    { name },
  );
}
