import { z } from 'zod';
import type { Results } from '../../results/open/open-results.ts';
import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { Failure, type FailureReason, isFailureReason } from '../../shared/failures/failure.ts';
import type { HeldLetter } from './dead-letter-queue.ts';
import { type DeadLetter, readDeadLetter } from './read-dead-letter.ts';

/** A dead letter with the reasons of its failure. */
export interface DiagnosedLetter extends DeadLetter {
  readonly letter: HeldLetter;
  /** Of its images, or of the letter if it cannot be read. Empty if its images were classified or deleted since. */
  readonly reasons: readonly FailureReason[];
  /**
   * Whether the same bytes of all its images were classified after their events, by every model and preprocessing that has
   * a row for them: the letter is not needed any more, whichever of the models it was for.
   */
  readonly isFinished: boolean;
}

const outcomesSchema = z.array(
  z.object({
    index: z.bigint().transform(Number),
    status: z.string().nullable(),
    reason: z.string().nullable(),
    is_finished: z.boolean(),
  }),
);
type Outcome = Omit<z.output<typeof outcomesSchema>[number], 'index'>;

/**
 * Finds the reasons of dead letters in the results: the row of an image is written before its message becomes a dead letter.
 * An image without a row was lost with every worker that processed it: `abandoned`. So is every deletion, because rows do
 * not show whether a deletion was processed.
 * @param job diagnoses only images of this job; undefined for all
 */
export async function diagnoseLetters(
  letters: readonly HeldLetter[],
  results: Results,
  job: string | undefined,
): Promise<DiagnosedLetter[]> {
  const read = letters.map((letter) => ({ letter, ...readDeadLetter(letter.body) }));
  const events = read.flatMap((letter) => (letter.events instanceof Failure ? [] : letter.events));
  const outcomes = await outcomesOf(events, results);
  return read.map((letter) => {
    if (letter.events instanceof Failure) {
      return { ...letter, isFinished: false, reasons: job === undefined ? [letter.events.reason] : [] };
    }
    const selected = letter.events.filter((event) => job === undefined || event.job === job);
    const isFinished = selected.length > 0 && letter.events.every((event) => outcomes.get(event)?.is_finished === true);
    const reasons = selected.flatMap((event) => reasonOf(event, outcomes.get(event)) ?? []);
    return { ...letter, isFinished, reasons };
  });
}

function reasonOf({ kind }: UploadEvent, outcome: Outcome | undefined): FailureReason | undefined {
  if (kind === 'deleted' || outcome === undefined || outcome.status === null) return 'abandoned';
  if (outcome.status !== 'rejected') return undefined;
  return outcome.reason !== null && isFailureReason(outcome.reason) ? outcome.reason : 'internal';
}

/** The latest row of each image, of the same bytes if there is one. */
async function outcomesOf(events: readonly UploadEvent[], results: Results): Promise<Map<UploadEvent, Outcome>> {
  const images = events.map(({ kind, bucket, key, versionId, etag, eventTime }, index) => {
    const ms = kind === 'created' ? eventTime.getTime() : null;
    return { index, bucket, key, versionId, etag, ms };
  });
  const outcomes = await results.query(
    outcomesSchema,
    `with image as (
       select unnest(from_json($images,
         '[{"index":"BIGINT","bucket":"VARCHAR","key":"VARCHAR","versionId":"VARCHAR","etag":"VARCHAR","ms":"BIGINT"}]'), recursive := true)
     ), outcome as (
       select index, status, reason, model, preprocess, image.etag is not distinct from results.etag as is_same,
         coalesce(classified_at, ingested_at) as computed_at, event_time,
         status = 'classified' and epoch_ms(classified_at) >= image.ms
           and coalesce(image.versionId = results.version, image.etag = results.etag, false) as is_classified
       from image join results
         on image.bucket = results.bucket and image.key = results.key
         and (image.versionId is null or image.versionId is not distinct from results.version)
     )
     select index, status, reason,
       count(distinct (model, preprocess)) filter (is_classified) over (partition by index)
         = count(distinct (model, preprocess)) over (partition by index) as is_finished
     from outcome
     qualify row_number() over (partition by index order by is_same desc, computed_at desc, event_time desc) = 1`,
    { images: JSON.stringify(images) },
  );
  return new Map(
    outcomes.flatMap(({ index, ...outcome }) => {
      const event = events[index];
      return event === undefined ? [] : [[event, outcome]];
    }),
  );
}
