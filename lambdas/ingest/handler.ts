import { type BatchResponse, parseSqsEvent, toBatchResponse } from '../../shared/events/sqs-event.ts';
import { parseUploadEvents, type UploadEvent } from '../../shared/events/upload-event.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { type IngestOutcome, ingest } from './ingest.ts';
import type { IngestPorts } from './ports.ts';

/**
 * The ingest function: a batch of the uploads queue in, the messages to deliver again out.
 * @param observe is told what became of each message
 * @throws when the event is no batch of a queue at all
 */
export function ingestHandler(
  ports: IngestPorts,
  observe: (outcomes: readonly IngestOutcome[]) => void = () => {},
): (event: unknown) => Promise<BatchResponse> {
  return async (event) => {
    const deliveries = parseSqsEvent(event).map(({ messageId, body, attempt }) => ({
      receipt: messageId,
      attempt,
      body: uploadsOf(body),
    }));
    const outcomes = await ingest(deliveries, ports);
    observe(outcomes);
    return toBatchResponse(outcomes);
  };
}

function uploadsOf(body: string): UploadEvent[] | Failure {
  try {
    return parseUploadEvents(body);
  } catch (cause) {
    return new Failure('invalid_event', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
