import type { FailureFilter } from '../../results/questions/failed-images.ts';
import type { UploadEvent } from '../../shared/events/upload-event.ts';
import {
  Failure,
  type FailureReason,
  failureReasons,
  isFailureReason,
  isRetryable,
} from '../../shared/failures/failure.ts';
import { jobNameProblem } from '../../shared/jobs/job-name.ts';
import type { DiagnosedLetter } from './diagnose-letters.ts';

/** Selects failures to retry. */
export interface Choice {
  /** Undefined selects every job. */
  readonly job?: string | undefined;
  /** Undefined selects the retryable reasons. Others must be named, because the same bytes fail again. */
  readonly named?: readonly FailureReason[] | undefined;
}

/** The filter for the rejected images of a choice. */
export function failureFilter({ job, named }: Choice): FailureFilter & { readonly reasons: readonly FailureReason[] } {
  return { job, reasons: named ?? Object.keys(failureReasons).filter(isFailureReason).filter(isRetryable) };
}

/** The reason for which a dead letter is retried; undefined if it is not. The reason of an unreadable one must be named. */
export function chosenReason({ events, reasons }: DiagnosedLetter, choice: Choice): FailureReason | undefined {
  const selected = events instanceof Failure ? (choice.named ?? []) : failureFilter(choice).reasons;
  return reasons.find((reason) => selected.includes(reason));
}

/** Reasons that make existing crops unusable, so that they must be computed again. */
const cropReasons: readonly FailureReason[] = ['invalid_crop', 'crops_gone'];

/**
 * Where a dead letter is retried: on its own queue, or by submitting its image again if its crops are unusable or the crops
 * queue is not given. Undefined if neither is possible.
 */
export function retryRoute(
  letter: DiagnosedLetter,
  hasCropsQueue: boolean,
): 'uploads' | 'crops' | 'submission' | undefined {
  const { queue, events, reasons } = letter;
  if (queue === 'uploads') return 'uploads';
  const hasUsableCrops = events instanceof Failure || !reasons.some((reason) => cropReasons.includes(reason));
  if (hasCropsQueue && hasUsableCrops) return 'crops';
  return !(events instanceof Failure) && events.every(canBeSubmitted) ? 'submission' : undefined;
}

/** A submission needs an etag, a size and a valid job name. Images of a folder are not in a bucket. */
export function canBeSubmitted({ bucket, etag, size, job }: UploadEvent): boolean {
  const isIdentified = etag !== undefined && etag !== '' && size !== undefined;
  return isIdentified && jobNameProblem(job) === undefined && !bucket.startsWith('/');
}
