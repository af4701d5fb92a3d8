import { z } from 'zod';
import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { type FailureReason, isFailureReason } from '../../shared/failures/failure.ts';
import type { Results } from '../open/open-results.ts';
import type { Computation } from './computation.ts';
import { modelNameSql, rowCondition } from './row-selection.ts';

/** Selects rejected images. */
export interface FailureFilter {
  /** Undefined selects every job. */
  readonly job?: string | undefined;
  /** Undefined selects every reason. */
  readonly reasons?: readonly FailureReason[] | undefined;
  /** Undefined selects every model. */
  readonly models?: readonly Computation[] | undefined;
}

export interface ReasonCount {
  readonly reason: string;
  readonly images: number;
}

/** Rejected images, each counted once, and once per reason. */
export interface FailureCounts {
  /** Images that at least one model rejected. Less than the sum over the reasons if models disagree on the reason. */
  readonly images: number;
  /** Most frequent first. */
  readonly reasons: readonly ReasonCount[];
}

const countsSchema = z.array(z.object({ reason: z.string().nullable(), images: z.bigint().transform(Number) }));

/** Counts rejected images by reason, each once however many models rejected it. */
export async function countFailures(results: Results, filter: FailureFilter): Promise<FailureCounts> {
  const counts = await results.query(
    countsSchema,
    `select reason, count(distinct image_id) as images from results where ${conditionOf(filter)}
     group by grouping sets ((reason), ()) order by images desc, reason`,
  );
  return {
    images: counts.find(({ reason }) => reason === null)?.images ?? 0,
    reasons: counts.flatMap(({ reason, images }) => (reason === null ? [] : [{ reason, images }])),
  };
}

/** The query for some columns of every rejected row, ordered by bucket and key. */
export function failuresSql(names: readonly string[], filter: FailureFilter): string {
  return `select ${names.join(', ')} from results where ${conditionOf(filter)}
    order by bucket, key, image_id, model, preprocess`;
}

/**
 * The query for a table of the rejected images: one row per image and reason, with the names of the models if there are
 * several.
 */
export function failedImagesSql(
  filter: FailureFilter,
  modelNames: ReadonlyMap<Computation, string> | undefined,
): string {
  if (modelNames === undefined) return failuresSql(['key', 'job', 'reason', 'detail'], filter);
  const ofImage = 'partition by image_id, reason';
  return `select key, job, reason, detail, models from (
      select *, array_to_string(list_sort(list(${modelNameSql(modelNames)}) over (${ofImage})), ', ') as models
      from results where ${conditionOf(filter)}
      qualify row_number() over (${ofImage} order by coalesce(classified_at, ingested_at) desc, model, preprocess) = 1
    ) order by bucket, key, image_id, reason`;
}

/** A rejected image, with the event to submit it again. */
export interface FailedImage {
  readonly event: UploadEvent;
  readonly reason: FailureReason;
}

const imagesSchema = z.array(
  z
    .object({
      bucket: z.string(),
      key: z.string(),
      version: z.string().nullable(),
      etag: z.string().nullable(),
      bytes: z.bigint().nullable(),
      job: z.string(),
      event_time: z.date(),
      reason: z.string(),
    })
    .transform(({ bucket, key, version, etag, bytes, job, event_time: eventTime, reason }): FailedImage => {
      const size = bytes === null ? undefined : Number(bytes);
      const event = { kind: 'created', bucket, key, versionId: version ?? undefined, etag: etag ?? undefined } as const;
      return { event: { ...event, size, job, eventTime }, reason: isFailureReason(reason) ? reason : 'internal' };
    }),
);

/**
 * Every image whose latest row, of any model, is a rejection for one of these reasons, once each; a chunk at a time.
 * @param excluded a query for `bucket, key, version` of images to leave out
 * @throws {UserError} naming a part that cannot be read
 */
export function failedImages(results: Results, filter: FailureFilter, excluded: string): AsyncGenerator<FailedImage[]> {
  return results.streamRows(
    imagesSchema,
    `with latest as (
       select * from results
       where hash(bucket, key) in (select hash(bucket, key) from results where ${conditionOf(filter)})
       qualify row_number() over (
         partition by bucket, key, version order by coalesce(classified_at, ingested_at) desc, event_time desc
       ) = 1
     )
     select bucket, key, version, etag, bytes, job, event_time, reason from latest
     where ${conditionOf(filter)} and (bucket, key, coalesce(version, '')) not in (${excluded})
     order by bucket, key`,
  );
}

function conditionOf({ job, reasons, models }: FailureFilter): string {
  return rowCondition({ job, models, reasons, status: 'rejected' });
}
