import pMap from 'p-map';
import { z } from 'zod';
import { UserError } from '../shared/user-error.ts';
import { firstLine } from './database.ts';
import type { JobList } from './job-objects.ts';
import type { Results } from './open-results.ts';
import { readParquet } from './sql-text.ts';
import type { StatusCounts } from './status-counts.ts';

/**
 * Where a job stands. Where it has lists of its images, classified + rejected + deleted + pending = total at every moment,
 * whatever is overwritten, deleted or done twice; a job without any is counted by its rows, and nobody knows its total.
 */
export interface JobProgress extends StatusCounts {
  readonly job: string;
  /** Images on its lists, each key once; null where it has none. */
  readonly total: number | null;
  /** Images that no row accounts for yet; null where there is no total. */
  readonly pending: number | null;
  /** What computed its images, most first. */
  readonly models: readonly string[];
  /** Images accounted for since the moment that was asked for. */
  readonly recent: number;
  /** When the first was ingested and the last classified or rejected; null before any was. */
  readonly first: Date | null;
  readonly last: Date | null;
}

export interface ProgressOptions {
  /** Lists of images; their jobs are counted by them. */
  readonly lists: readonly JobList[];
  /** The only job to count. */
  readonly job?: string | undefined;
  /** From when on images count as recent. */
  readonly since: Date;
}

const moment = z.number().transform((ms) => new Date(ms));
const groupsSchema = z.array(
  z.object({
    job: z.string(),
    listed: z.boolean(),
    status: z.enum(['classified', 'rejected', 'deleted', 'pending']),
    reason: z.string().nullable(),
    model: z.string().nullable(),
    images: z.number(),
    recent: z.number(),
    first: moment.nullable(),
    last: moment.nullable(),
  }),
);
type Group = z.output<typeof groupsSchema>[number];

/**
 * Where jobs stand, in the order of their names.
 * @throws {UserError} naming a part or list that cannot be read
 */
export async function jobProgress(results: Results, { lists, job, since }: ProgressOptions): Promise<JobProgress[]> {
  await readLists(results, lists);
  const count = async () => {
    const reader = await results.connection.runAndReadAll(progressSql(await superseded(results)), {
      job: job ?? null,
      since: since.toISOString(),
    });
    return groupsSchema.parse(reader.getRowObjectsJS());
  };
  const groups = await count().catch(async (error: unknown) => {
    throw await results.explain(error);
  });
  return [...Map.groupBy(groups, (group) => group.job)].map(([name, own]) => progressOf(name, own));
}

/**
 * An image may be on several lists: the latest is the one that counts. Where these differ in what the image was, a row
 * of what it had been before does not account for it.
 */
async function readLists({ connection }: Results, lists: readonly JobList[]): Promise<void> {
  const paths = await pMap(lists, (list) => list.path(), { concurrency: 16 });
  const from = paths.length === 0 ? nothing : readParquet(paths);
  await connection
    .run(`
      create or replace temp table listed as
      select job, bucket, key, unnest(latest), changed from (
        select job, bucket, key,
          max(struct_pack(submitted_at, version, etag, model, preprocess)) as latest,
          min(coalesce(version, etag)) <> max(coalesce(version, etag)) as changed
        from ${from} group by job, bucket, key
      )`)
    .catch((cause: unknown) => {
      const said = firstLine(cause);
      const bad = lists.find((_, index) => said.includes(paths[index] ?? said))?.name ?? 'one of the lists of a job';
      throw new UserError(`${bad} is no list of images, or damaged: submit the job again without it (${said})`, {
        cause,
      });
    });
}

const nothing = `(select '' as job, '' as bucket, '' as key, '' as version, '' as etag, '' as model, '' as preprocess,
  now() as submitted_at where false)`;

/** When a row tells of its image. */
const told = 'coalesce(result.classified_at, result.ingested_at)';
const sameImage = `if(listed.version is null, listed.etag = result.etag, listed.version = result.version)`;
const sameComputation = 'listed.model = result.model and listed.preprocess = result.preprocess';
/**
 * Which rows account for an image on a list: those of its job; those of that very image by the model that it was
 * submitted for, or deleted; and later ones of its key by that model, which take the place of one that says that the
 * object could not be had, and of one whose image was done again for another job.
 */
const accountsFor = `(
  (result.job = listed.job and (not listed.changed or ${sameImage} or ${told} >= listed.submitted_at))
  or (${sameImage} and (result.status = 'deleted' or (${sameComputation})))
  or (${sameComputation} and ${told} >= listed.submitted_at)
)`;

/** The rows that readers leave out as others of their image or key say more; they still tell that a job came to an image. */
async function superseded({ connection, rows }: Results): Promise<string> {
  const reader = await connection.runAndReadAll('select file_index from superseded limit 1');
  if (reader.currentRowCount === 0) return '';
  return `union all
    select false, ${candidateColumns} from ${rows} semi join superseded using (file_index, file_row_number)
    where status <> 'deleted'`;
}

const candidateColumns =
  'job, bucket, key, version, etag, model, preprocess, status, reason, ingested_at, classified_at';

/** @param others rows that count where none of `results` does */
function progressSql(others: string): string {
  return `
    with result as (select true as is_read, ${candidateColumns} from results ${others}),
    latest as (
      select listed.rowid as image, max(struct_pack(
        is_read, told := ${told}, status := result.status, reason, model := result.model,
        ingested_at := result.ingested_at
      )) as row
      from listed join result on result.bucket = listed.bucket and result.key = listed.key and ${accountsFor}
      group by listed.rowid
    ),
    outcome as (
      select listed.job, true as listed, coalesce(row.status, 'pending') as status, row.reason as reason,
        row.model as model, row.ingested_at as ingested_at, row.told as told
      from listed left join latest on latest.image = listed.rowid
      union all
      select job, false, status, reason, model, ingested_at, ${told}
      from results as result where job not in (select distinct job from listed)
    )
    select job, listed, status, if(status = 'rejected', reason, null) as reason, model, count(*)::double as images,
      (count(*) filter (where told >= $since::timestamptz))::double as recent,
      epoch_ms(min(ingested_at))::double as first, epoch_ms(max(told))::double as last
    from outcome where $job is null or job = $job
    group by all order by job, images desc, reason, model`;
}

function progressOf(job: string, groups: readonly Group[]): JobProgress {
  const sum = (status: Group['status']) => count(groups.filter((group) => group.status === status));
  const isListed = groups.some(({ listed }) => listed);
  const moments = groups.flatMap(({ first, last }) => (first && last ? [first.getTime(), last.getTime()] : []));
  return {
    job,
    total: isListed ? count(groups) : null,
    classified: sum('classified'),
    rejected: sum('rejected'),
    deleted: sum('deleted'),
    pending: isListed ? sum('pending') : null,
    reasons: reasonsOf(groups),
    models: [...new Set(groups.flatMap(({ model }) => model ?? []))],
    recent: groups.reduce((total, { recent }) => total + recent, 0),
    first: moments.length === 0 ? null : new Date(Math.min(...moments)),
    last: moments.length === 0 ? null : new Date(Math.max(...moments)),
  };
}

function count(groups: readonly Group[]): number {
  return groups.reduce((total, { images }) => total + images, 0);
}

function reasonsOf(groups: readonly Group[]): StatusCounts['reasons'] {
  const rejected = groups.flatMap(({ status, reason, images }) =>
    status === 'rejected' && reason !== null ? [{ reason, images }] : [],
  );
  return [...Map.groupBy(rejected, ({ reason }) => reason)]
    .map(([reason, own]) => ({ reason, count: own.reduce((total, { images }) => total + images, 0) }))
    .toSorted((a, b) => b.count - a.count);
}
