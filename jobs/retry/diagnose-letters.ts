import { z } from 'zod';
import type { Results } from '../../results/open/open-results.ts';
import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { Failure, type FailureReason, isFailureReason } from '../../shared/failures/failure.ts';
import type { HeldLetter } from './dead-letter-queue.ts';
import { type DeadLetter, readDeadLetter } from './read-dead-letter.ts';

/** An image as far as a retry is concerned: a key, or a version of it where the bucket keeps these. */
export interface ImageIdentity {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
}

/** A dead letter with the reasons for which what it tells of failed. */
export interface DiagnosedLetter extends DeadLetter {
  readonly letter: HeldLetter;
  /**
   * Of the images that it tells of, or of the letter where it cannot be read. None where its images were classified or
   * deleted since.
   */
  readonly reasons: readonly FailureReason[];
}

const outcomeSchema = z.array(
  z.object({ place: z.bigint().transform(Number), status: z.string().nullable(), reason: z.string().nullable() }),
);

/**
 * Finds out why dead letters failed: the row of an image was written with the last reason before its message became a
 * dead letter. An image without one was lost with every worker that tried it: `abandoned`; so is a deletion, which the
 * results do not tell apart from one that was never told.
 * @param job whose images alone count; undefined for all
 */
export async function diagnoseLetters(
  letters: readonly HeldLetter[],
  results: Results,
  job: string | undefined,
): Promise<DiagnosedLetter[]> {
  const read = letters.map((letter) => ({ letter, ...readDeadLetter(letter.body) }));
  const events = read.flatMap((letter) => (letter.events instanceof Failure ? [] : letter.events));
  const reasons = new Map(events.map((event, place) => [event, place]));
  const outcomes = await outcomesOf(events, results);
  return read.map((letter) => {
    if (letter.events instanceof Failure)
      return { ...letter, reasons: job === undefined ? [letter.events.reason] : [] };
    const own = letter.events.filter((event) => job === undefined || event.job === job);
    return {
      ...letter,
      reasons: own.flatMap((event) => reasonOf(event, outcomes.get(reasons.get(event) ?? -1)) ?? []),
    };
  });
}

interface Outcome {
  readonly status: string | null;
  readonly reason: string | null;
}

function reasonOf({ kind }: UploadEvent, outcome: Outcome | undefined): FailureReason | undefined {
  if (kind === 'deleted' || outcome === undefined || outcome.status === null) return 'abandoned';
  if (outcome.status !== 'rejected') return undefined;
  return outcome.reason !== null && isFailureReason(outcome.reason) ? outcome.reason : 'internal';
}

/** The latest that is known of each image, by its place in the list: of the same bytes, where there is that. */
async function outcomesOf(events: readonly UploadEvent[], results: Results): Promise<Map<number, Outcome>> {
  const asked = events.map(({ bucket, key, versionId, etag }, place) => ({ place, bucket, key, versionId, etag }));
  const outcomes = await results.query(
    outcomeSchema,
    `with asked as (
       select unnest(from_json($asked,
         '[{"place":"BIGINT","bucket":"VARCHAR","key":"VARCHAR","versionId":"VARCHAR","etag":"VARCHAR"}]'), recursive := true)
     )
     select place, status, reason from asked join results
       on asked.bucket = results.bucket and asked.key = results.key
       and (asked.versionId is null or asked.versionId is not distinct from results.version)
     qualify row_number() over (
       partition by place order by asked.etag is not distinct from results.etag desc,
         coalesce(classified_at, ingested_at) desc, event_time desc
     ) = 1`,
    { asked: JSON.stringify(asked) },
  );
  return new Map(outcomes.map(({ place, ...outcome }) => [place, outcome]));
}
