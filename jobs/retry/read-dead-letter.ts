import { decodeCropEnvelope } from '../../shared/crops/crop-envelope.ts';
import { invalidRecordsFailure } from '../../shared/events/invalid-records.ts';
import { parseUploadEvents } from '../../shared/events/parse-upload-events.ts';
import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { firstIssue } from '../../shared/failures/first-issue.ts';

/** The content of a dead letter. */
export interface DeadLetter {
  /** The queue it came from, recognized by its content. */
  readonly queue: 'uploads' | 'crops';
  /** Its events; for crops, the upload that they were made of. A Failure if it cannot be read. */
  readonly events: readonly UploadEvent[] | Failure;
}

/** Parses the body of a dead letter. */
export function readDeadLetter(body: string): DeadLetter {
  const looksLikeCrops = /"tensor"\s*:/.test(body);
  try {
    return looksLikeCrops
      ? { queue: 'crops', events: [uploadOfCrops(body)] }
      : { queue: 'uploads', events: uploadsOf(body) };
  } catch (cause) {
    if (looksLikeCrops) return { queue: 'crops', events: Failure.from(cause) };
    return { queue: 'uploads', events: new Failure('invalid_event', firstIssue(cause), { cause }) };
  }
}

/** A letter with an invalid record counts as unreadable; the images of its valid records have rows. */
function uploadsOf(body: string): readonly UploadEvent[] | Failure {
  const message = parseUploadEvents(body);
  return invalidRecordsFailure(message) ?? message.events;
}

function uploadOfCrops(body: string): UploadEvent {
  const { image, job, bytes: size, sequencer, eventTime } = decodeCropEnvelope(body);
  return { kind: 'created', ...image, size, sequencer, eventTime, job };
}
