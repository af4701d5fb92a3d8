import { parseUploadEvents } from '../../shared/events/parse-upload-events.ts';
import { type BatchResponse, parseSqsEvent, toBatchResponse } from '../../shared/events/sqs-event.ts';
import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { type IngestOutcome, ingest } from './ingest.ts';
import type { IngestPorts } from './ports.ts';

/**
 * Handles a batch of the uploads queue and returns the messages to deliver again.
 * @param observe receives the outcome of each message
 * @throws when the event is not a batch of an SQS queue
 */
export function ingestHandler(
  ports: IngestPorts,
  observe: (outcomes: readonly IngestOutcome[]) => void = () => {},
): (event: unknown) => Promise<BatchResponse> {
  return async (event) => {
    const deliveries = parseSqsEvent(event).map(({ messageId, body, attempt }) => ({
      receipt: messageId,
      attempt,
      body: parseBody(body),
    }));
    const outcomes = await ingest(deliveries, ports);
    observe(outcomes);
    return toBatchResponse(outcomes);
  };
}

function parseBody(body: string): UploadEvent[] | Failure {
  try {
    return parseUploadEvents(body);
  } catch (cause) {
    return new Failure('invalid_event', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
