import { decodeCropEnvelope } from '../../shared/crops/crop-envelope.ts';
import { parseUploadEvents } from '../../shared/events/parse-upload-events.ts';
import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { firstIssue } from '../../shared/failures/first-issue.ts';

/** What a message that became a dead letter says. */
export interface DeadLetter {
  /** The queue that it was on, told by what it is. */
  readonly queue: 'uploads' | 'crops';
  /** What it tells of; of crops, the one upload that they were made of. A Failure where nobody can say. */
  readonly events: readonly UploadEvent[] | Failure;
}

/** Understands the body of a dead letter; one that cannot be read is of the reason that its reader gives. */
export function readDeadLetter(body: string): DeadLetter {
  const looksLikeCrops = /"tensor"\s*:/.test(body);
  try {
    return looksLikeCrops
      ? { queue: 'crops', events: [uploadOfCrops(body)] }
      : { queue: 'uploads', events: parseUploadEvents(body) };
  } catch (cause) {
    if (looksLikeCrops) return { queue: 'crops', events: Failure.from(cause) };
    return { queue: 'uploads', events: new Failure('invalid_event', firstIssue(cause), { cause }) };
  }
}

function uploadOfCrops(body: string): UploadEvent {
  const { image, job, bytes: size, sequencer, eventTime } = decodeCropEnvelope(body);
  return { kind: 'created', ...image, size, sequencer, eventTime, job };
}
