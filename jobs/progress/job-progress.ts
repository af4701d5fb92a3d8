import { z } from 'zod';
import type { Results } from '../../results/open/open-results.ts';
import { countByComputation } from '../../results/questions/count-by-computation.ts';
import type { StatusCounts } from '../../results/questions/counts.ts';
import { createListedTable, type ExpectedImages } from './expected-images.ts';

/**
 * The progress of a job. With lists of its images, classified + rejected + deleted + pending = total at every moment, even
 * if images are overwritten, deleted or computed twice. Without lists only rows are counted, and the total is unknown.
 */
export interface JobProgress extends StatusCounts {
  readonly job: string;
  /** Images on its lists, each key once; null without lists. */
  readonly total: number | null;
  /** Images that no row accounts for yet; null without a total. */
  readonly pending: number | null;
  /** The models of its rows, most images first. */
  readonly models: readonly string[];
  /** Images accounted for since `since`. */
  readonly recent: number;
  /** When the first image was ingested, and the last classified or rejected; null without rows. */
  readonly first: Date | null;
  readonly last: Date | null;
}

export interface ProgressOptions {
  /** A listing counts as the only job. */
  readonly expected: ExpectedImages;
  /** Counts only this job. */
  readonly job?: string | undefined;
  /** The time since which images count as recent. */
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
 * Counts the progress of jobs, ordered by name.
 * @throws {UserError} naming a part or list that cannot be read
 */
export async function jobProgress(results: Results, { expected, job, since }: ProgressOptions): Promise<JobProgress[]> {
  await results.withConnection((connection) => createListedTable(connection, expected));
  await matchRows(results);
  const unlisted = 'lists' in expected ? await unlistedRows(results) : undefined;
  const groups = await results.query(groupsSchema, progressSql(unlisted), {
    job: job ?? null,
    since: since.toISOString(),
  });
  return [...Map.groupBy(groups, (group) => group.job)].map(([name, groupsOfJob]) => progressOf(name, groupsOfJob));
}

/** The time of a row. */
const doneAt = 'coalesce(result.classified_at, result.ingested_at)';
const sameImage = `if(listed.version is null, listed.etag = result.etag, listed.version = result.version)`;
const sameComputation = 'listed.model = result.model and listed.preprocess = result.preprocess';
/**
 * Whether a row accounts for a listed image. For an image on a list of a job:
 *
 * 1. a row of that job, but if the key was submitted with several contents, only of the latest or later rows;
 * 2. a row of the same image by the model of the submission, or one that says that it was deleted;
 * 3. a later row of the key by that model: it supersedes an unseen row, and the row of an image that another job repeated.
 *
 * For an image of a listing: a row of the same image that is not deleted. A deleted one was uploaded again and will be
 * computed again.
 */
const accountsFor = `(
  (result.job = listed.job and (not listed.changed or ${sameImage} or ${doneAt} >= listed.submitted_at))
  or (${sameImage} and if(listed.model is null, result.status <> 'deleted', result.status = 'deleted' or (${sameComputation})))
  or (${sameComputation} and ${doneAt} >= listed.submitted_at)
)`;

/** Superseded rows are not in the view, but they still account for images of their jobs. */
async function supersededSql(results: Results): Promise<string> {
  const rows = await results.query(z.array(z.unknown()), 'select file_index from superseded limit 1');
  if (rows.length === 0) return '';
  return `union all
    select false, ${candidateColumns} from ${results.rowsSql} semi join superseded using (file_index, file_row_number)
    where status <> 'deleted'`;
}

const candidateColumns =
  'job, bucket, key, version, etag, model, preprocess, status, reason, ingested_at, classified_at';

/**
 * Creates the table `match` of listed images with the rows that account for them, and the table `several` of images with
 * more than one such row. Few have several, and finding the latest row of a million images would take longer than all else.
 */
async function matchRows(results: Results): Promise<void> {
  await results.run(`
    create or replace temp table match as
    with result as (select true as in_view, ${candidateColumns} from results ${await supersededSql(results)})
    select listed.rowid as image, listed.job, in_view, ${doneAt} as done_at, result.status, reason, result.model,
      ingested_at
    from listed join result on result.bucket = listed.bucket and result.key = listed.key and ${accountsFor};
    create or replace temp table several as select image from match group by image having count(*) > 1`);
}

/**
 * SQL for the rows of jobs without lists, each image once. Of several models the row of the last read counts; of one read
 * the first, because later rows are relabeled.
 */
async function unlistedRows(results: Results): Promise<string> {
  if ((await countByComputation(results)).length <= 1) return 'results';
  return `(from results qualify row_number() over (
    partition by job, image_id order by ingested_at desc, coalesce(classified_at, ingested_at)) = 1)`;
}

/** @param unlisted rows of jobs without lists; undefined to leave them out */
function progressSql(unlisted: string | undefined): string {
  return `
    with outcome as (
      select job, true as listed, status, reason, model, ingested_at, done_at
      from match where image not in (select image from several)
      union all
      select job, true, row.status, row.reason, row.model, row.ingested_at, row.done_at from (
        select job, max(struct_pack(in_view, done_at, status, reason, model, ingested_at)) as row
        from match where image in (select image from several) group by image, job
      )
      union all
      select job, true, 'pending', null, null, null, null
      from listed where rowid not in (select image from match)
      ${
        unlisted === undefined
          ? ''
          : `union all
             select job, false, status, reason, model, ingested_at, ${doneAt}
             from ${unlisted} as result where job not in (select distinct job from listed)`
      }
    )
    select job, listed, status, if(status = 'rejected', reason, null) as reason, model, count(*)::double as images,
      (count(*) filter (where done_at >= $since::timestamptz))::double as recent,
      epoch_ms(min(ingested_at))::double as first, epoch_ms(max(done_at))::double as last
    from outcome where $job is null or job = $job
    group by all order by job, images desc, reason, model`;
}

function progressOf(job: string, groups: readonly Group[]): JobProgress {
  const sum = (status: Group['status']) => countImages(groups.filter((group) => group.status === status));
  const isListed = groups.some(({ listed }) => listed);
  const times = groups.flatMap(({ first, last }) => (first && last ? [first.getTime(), last.getTime()] : []));
  return {
    job,
    total: isListed ? countImages(groups) : null,
    classified: sum('classified'),
    rejected: sum('rejected'),
    deleted: sum('deleted'),
    pending: isListed ? sum('pending') : null,
    reasons: reasonsOf(groups),
    models: [...new Set(groups.flatMap(({ model }) => model ?? []))],
    recent: groups.reduce((total, { recent }) => total + recent, 0),
    first: times.length === 0 ? null : new Date(Math.min(...times)),
    last: times.length === 0 ? null : new Date(Math.max(...times)),
  };
}

function countImages(groups: readonly Group[]): number {
  return groups.reduce((total, { images }) => total + images, 0);
}

function reasonsOf(groups: readonly Group[]): StatusCounts['reasons'] {
  const rejected = groups.filter(({ status, reason }) => status === 'rejected' && reason !== null);
  return [...Map.groupBy(rejected, ({ reason }) => reason ?? '')]
    .map(([reason, groupsOfReason]) => ({ reason, count: countImages(groupsOfReason) }))
    .toSorted((a, b) => b.count - a.count);
}
