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

/** What is to be tried again. */
export interface Choice {
  /** Undefined for every job. */
  readonly job?: string | undefined;
  /** Undefined for those that may pass; the same bytes fail again, so that these have to be named. */
  readonly named?: readonly FailureReason[] | undefined;
}

/** The images that a choice means. */
export function failureFilter({ job, named }: Choice): FailureFilter & { readonly reasons: readonly FailureReason[] } {
  return { job, reasons: named ?? Object.keys(failureReasons).filter(isFailureReason).filter(isRetryable) };
}

/** The reason for which a dead letter is to be tried again; undefined where it is not. One that cannot be read has to be named. */
export function chosenReason({ events, reasons }: DiagnosedLetter, choice: Choice): FailureReason | undefined {
  const wanted = events instanceof Failure ? (choice.named ?? []) : failureFilter(choice).reasons;
  return reasons.find((reason) => wanted.includes(reason));
}

/** Reasons for which crops that were made before are of no use: they have to be made anew. */
const faultsOfCrops: readonly FailureReason[] = ['invalid_crop', 'crops_gone'];

/**
 * How a dead letter is tried again: on the queue that it was on, or as a submission of its image, for crops that are of no
 * use or have no queue to go to; undefined where neither is possible.
 */
export function retryRoute(
  letter: DiagnosedLetter,
  hasCropsQueue: boolean,
): 'uploads' | 'crops' | 'submission' | undefined {
  const { queue, events, reasons } = letter;
  if (queue === 'uploads') return 'uploads';
  const isOfUse = events instanceof Failure || !reasons.some((reason) => faultsOfCrops.includes(reason));
  if (hasCropsQueue && isOfUse) return 'crops';
  return !(events instanceof Failure) && events.every(canBeSubmitted) ? 'submission' : undefined;
}

/** A submission says how large the object is and which, and what its job may be called; an image of a folder is in no bucket. */
export function canBeSubmitted({ bucket, etag, size, job }: UploadEvent): boolean {
  const isNamed = etag !== undefined && etag !== '' && size !== undefined && jobNameProblem(job) === undefined;
  return isNamed && !bucket.startsWith('/');
}
