import { classify } from '../../../lambdas/classify/classify.ts';
import { envelopeIn } from '../../../lambdas/classify/handler.ts';
import type { ClassifyPorts, CropReaderPorts } from '../../../lambdas/classify/ports.ts';
import { ingest } from '../../../lambdas/ingest/ingest.ts';
import type { IngestPorts } from '../../../lambdas/ingest/ports.ts';
import { resolveCrops } from '../../../shared/crops/resolve-crops.ts';
import { parseUploadEvents } from '../../../shared/events/parse-upload-events.ts';
import { type BatchResponse, parseSqsEvent, type SqsRecord } from '../../../shared/events/sqs-event.ts';
import { Failure, type FailureReason } from '../../../shared/failures/failure.ts';
import { firstIssue } from '../../../shared/failures/first-issue.ts';

/** A message that the queue would deliver again. */
export interface FailedMessage {
  readonly messageId: string;
  readonly reason: FailureReason;
  readonly message: string;
}

/**
 * Says why messages failed. A handler's answer only names them, so each is tried once more by itself.
 * @param faultOf what goes wrong with one message; undefined when nothing does
 */
export async function explainFailures(
  event: unknown,
  { batchItemFailures }: BatchResponse,
  faultOf: (record: SqsRecord) => Promise<Failure | undefined>,
): Promise<FailedMessage[]> {
  const records = new Map(parseSqsEvent(event).map((record) => [record.messageId, record]));
  const failed: FailedMessage[] = [];
  for (const { itemIdentifier: messageId } of batchItemFailures) {
    const record = records.get(messageId);
    const fault = record === undefined ? undefined : await faultOf(record);
    const { reason, message } = fault ?? { reason: 'internal', message: 'tried once more, the message did not fail' };
    failed.push({ messageId, reason, message: firstIssue(new Error(message)) });
  }
  return failed;
}

/** What ingest makes of one message. Nothing is stored; crops go to the queue that is given. */
export async function ingestFault(record: SqsRecord, ports: IngestPorts): Promise<Failure | undefined> {
  const { messageId: receipt, attempt, body } = record;
  const events = decoded(body, parseUploadEvents, 'invalid_event');
  const results = { append: async () => {} };
  const [outcome] = await ingest([{ receipt, attempt, body: events }], { ...ports, results });
  return outcome?.failure;
}

/** What classify makes of one message. Nothing is stored. */
export async function classifyFault(
  record: SqsRecord,
  ports: ClassifyPorts & CropReaderPorts,
): Promise<Failure | undefined> {
  const [outcome] = await classify(await resolveCrops([envelopeIn(record)], ports.objects), ports);
  return outcome?.failure;
}

function decoded<T>(body: string, decode: (body: string) => T, reason: FailureReason): T | Failure {
  try {
    return decode(body);
  } catch (cause) {
    return cause instanceof Failure ? cause : new Failure(reason, firstIssue(cause), { cause });
  }
}
