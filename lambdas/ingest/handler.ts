import { invalidRecordsFailure } from '../../shared/events/invalid-records.ts';
import { parseUploadEvents } from '../../shared/events/parse-upload-events.ts';
import { type BatchResponse, parseSqsEvent, toBatchResponse } from '../../shared/events/sqs-event.ts';
import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { type IngestOutcome, ingest } from './ingest.ts';
import type { IngestPorts } from './ports.ts';
import { limitsOfInvocation } from './time-limits.ts';

/**
 * Handles a batch of the uploads queue and returns the messages to deliver again. The valid records of a message are
 * processed even if another one is invalid; the message then returns to the queue and ends as a dead letter. With the
 * context of an invocation, the answer comes before the function is ended, and last attempts are recorded first.
 * @param observe receives the outcome of each message
 * @throws when the event is not a batch of an SQS queue
 */
export function ingestHandler(
  ports: IngestPorts,
  observe: (outcomes: readonly IngestOutcome[]) => void = () => {},
): (event: unknown, context?: unknown) => Promise<BatchResponse> {
  return async (event, context) => {
    using limits = limitsOfInvocation(context);
    const messages = parseSqsEvent(event).map(({ messageId, body, attempt }) => ({
      delivery: { receipt: messageId, attempt },
      ...parseBody(body),
    }));
    const deliveries = messages.map(({ delivery, body }) => ({ ...delivery, body }));
    const outcomes = (await ingest(deliveries, ports, { limits, recordFinalAttempts: limits !== undefined })).map(
      (outcome, index) => {
        const failure = messages[index]?.invalid;
        return failure === undefined ? outcome : { ...outcome, failure };
      },
    );
    observe(outcomes);
    return toBatchResponse(outcomes);
  };
}

/** The events of a message, and a failure if some of its records are invalid. */
function parseBody(body: string): { body: readonly UploadEvent[] | Failure; invalid?: Failure | undefined } {
  try {
    const message = parseUploadEvents(body);
    return { body: message.events, invalid: invalidRecordsFailure(message) };
  } catch (cause) {
    return { body: new Failure('invalid_event', cause instanceof Error ? cause.message : String(cause), { cause }) };
  }
}
