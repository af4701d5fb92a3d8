import { z } from 'zod';
import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { type FailureReason, isFailureReason } from '../../shared/failures/failure.ts';
import type { Results } from '../open/open-results.ts';
import { textLiteral } from '../open/sql-text.ts';

/** Which of the rejected images are meant. */
export interface FailureFilter {
  /** Undefined for those of every job. */
  readonly job?: string | undefined;
  /** Undefined for those of every reason. */
  readonly reasons?: readonly FailureReason[] | undefined;
}

/** Rejected images by their reason. */
export interface ReasonCount {
  readonly reason: string;
  readonly images: number;
}

const countsSchema = z.array(z.object({ reason: z.string(), images: z.bigint().transform(Number) }));

/** How many rows say that an image was rejected, by their reason, most frequent first. */
export async function countFailures(results: Results, filter: FailureFilter): Promise<ReasonCount[]> {
  const sql = `select reason, count(*) as images from results where ${isMeant(filter)}
    group by reason order by images desc, reason`;
  const reader = await results.connection.runAndReadAll(sql).catch(async (error: unknown) => {
    throw await results.explain(error);
  });
  return countsSchema.parse(reader.getRowObjectsJS());
}

/** The query for some columns of every row that says that an image was rejected, in the order of bucket and key. */
export function failuresSql(names: readonly string[], filter: FailureFilter): string {
  return `select ${names.join(', ')} from results where ${isMeant(filter)}
    order by bucket, key, image_id, model, preprocess`;
}

/** A rejected image that may be sent again. */
export interface FailedImage {
  readonly event: UploadEvent;
  readonly reason: FailureReason;
}

const imageSchema = z
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
  });

/**
 * Every image of which the latest that is known is that it was rejected for one of these reasons, once, whatever models
 * it was tried with; a chunk at a time.
 * @param without a query for `bucket, key, version` of images that are left out
 */
export async function* failedImages(
  results: Results,
  filter: FailureFilter,
  without: string,
): AsyncGenerator<FailedImage[]> {
  const stream = await results.connection.stream(`
    with latest as (
      select * from results where hash(bucket, key) in (select hash(bucket, key) from results where ${isMeant(filter)})
      qualify row_number() over (
        partition by bucket, key, version order by coalesce(classified_at, ingested_at) desc, event_time desc
      ) = 1
    )
    select bucket, key, version, etag, bytes, job, event_time, reason from latest
    where ${isMeant(filter)} and (bucket, key, coalesce(version, '')) not in (${without})
    order by bucket, key`);
  for await (const chunk of stream.yieldRowObjectJs()) yield z.array(imageSchema).parse(chunk);
}

function isMeant({ job, reasons }: FailureFilter): string {
  return [
    `status = 'rejected'`,
    ...(job === undefined ? [] : [`job = ${textLiteral(job)}`]),
    ...(reasons === undefined ? [] : [`reason in (${reasons.map(textLiteral).join(', ') || 'null'})`]),
  ].join(' and ');
}
