import { z } from 'zod';
import type { Results } from '../../results/open/open-results.ts';
import { countByComputation } from '../../results/questions/count-by-computation.ts';
import type { StatusCounts } from '../../results/questions/count-by-status.ts';
import { createListedTable, type ExpectedImages } from './expected-images.ts';

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
  /** What is known of what is to be done: jobs are counted by that. A place counts as the only job that there is. */
  readonly expected: ExpectedImages;
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
export async function jobProgress(results: Results, { expected, job, since }: ProgressOptions): Promise<JobProgress[]> {
  await results.withConnection((connection) => createListedTable(connection, expected));
  await matchRows(results);
  const unlisted = 'lists' in expected ? await unlistedRows(results) : undefined;
  const groups = await results.query(groupsSchema, progressSql(unlisted), {
    job: job ?? null,
    since: since.toISOString(),
  });
  return [...Map.groupBy(groups, (group) => group.job)].map(([name, own]) => progressOf(name, own));
}

/** When a row tells of its image. */
const told = 'coalesce(result.classified_at, result.ingested_at)';
const sameImage = `if(listed.version is null, listed.etag = result.etag, listed.version = result.version)`;
const sameComputation = 'listed.model = result.model and listed.preprocess = result.preprocess';
/**
 * Which rows account for an image on a list: those of its job; those of that very image by the model that it was
 * submitted for, or deleted; and later ones of its key by that model, which take the place of one that says that the
 * object could not be had, and of one whose image was done again for another job. Of what a place holds, any row of that
 * very image, unless it is one that was deleted: it is back, and will be done again.
 */
const accountsFor = `(
  (result.job = listed.job and (not listed.changed or ${sameImage} or ${told} >= listed.submitted_at))
  or (${sameImage} and if(listed.model is null, result.status <> 'deleted', result.status = 'deleted' or (${sameComputation})))
  or (${sameComputation} and ${told} >= listed.submitted_at)
)`;

/** The rows that readers leave out as others of their image or key say more; they still tell that a job came to an image. */
async function superseded(results: Results): Promise<string> {
  const some = await results.query(z.array(z.unknown()), 'select file_index from superseded limit 1');
  if (some.length === 0) return '';
  return `union all
    select false, ${candidateColumns} from ${results.rowsSql} semi join superseded using (file_index, file_row_number)
    where status <> 'deleted'`;
}

const candidateColumns =
  'job, bucket, key, version, etag, model, preprocess, status, reason, ingested_at, classified_at';

/**
 * Makes the tables `match` of images on lists with the rows that account for them, and `several` of those with more than
 * one: to choose the latest row of each of a million images takes longer than all else, and few have several.
 */
async function matchRows(results: Results): Promise<void> {
  await results.run(`
    create or replace temp table match as
    with result as (select true as is_read, ${candidateColumns} from results ${await superseded(results)})
    select listed.rowid as image, listed.job, is_read, ${told} as told, result.status, reason, result.model, ingested_at
    from listed join result on result.bucket = listed.bucket and result.key = listed.key and ${accountsFor};
    create or replace temp table several as select image from match group by image having count(*) > 1`);
}

/**
 * Rows that count for jobs without lists, each image once: where several models have it, what came of it when it was last
 * read. What was made of that then is the first row, later ones only have other labels.
 */
async function unlistedRows(results: Results): Promise<string> {
  const several = (await countByComputation(results)).length > 1;
  if (!several) return 'results';
  return `(from results qualify row_number() over (
    partition by job, image_id order by ingested_at desc, coalesce(classified_at, ingested_at)) = 1)`;
}

/** @param unlisted rows of jobs without lists that are counted too; undefined for none */
function progressSql(unlisted: string | undefined): string {
  return `
    with outcome as (
      select job, true as listed, status, reason, model, ingested_at, told
      from match where image not in (select image from several)
      union all
      select job, true, row.status, row.reason, row.model, row.ingested_at, row.told from (
        select job, max(struct_pack(is_read, told, status, reason, model, ingested_at)) as row
        from match where image in (select image from several) group by image, job
      )
      union all
      select job, true, 'pending', null, null, null, null
      from listed where rowid not in (select image from match)
      ${
        unlisted === undefined
          ? ''
          : `union all
             select job, false, status, reason, model, ingested_at, ${told}
             from ${unlisted} as result where job not in (select distinct job from listed)`
      }
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
