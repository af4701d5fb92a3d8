import type { SQSClient } from '@aws-sdk/client-sqs';
import type { BatchResponse } from '../../shared/events/sqs-event.ts';
import { SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import { textCodec } from '../../shared/stores/codec.ts';
import { sqsRecord } from './sqs-event.ts';

/**
 * Polls a queue for a function as AWS does: passes batches on, deletes messages that succeeded and returns failed ones to
 * the queue.
 * @returns resolves after it was stopped; rejects if the function throws
 */
export async function pollFor(
  sqs: SQSClient,
  url: string,
  handler: (event: unknown) => Promise<BatchResponse>,
  stop: AbortSignal,
): Promise<void> {
  const queue = await SqsQueue.open(sqs, url, textCodec);
  while (!stop.aborted) {
    const messages = await queue.receive({ max: 10, waitSeconds: 1, signal: stop });
    if (messages.length === 0) continue;
    const Records = messages.map(({ messageId, attempt, body }) => sqsRecord(body, { messageId, attempt }));
    const { batchItemFailures } = await handler({ Records });
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    const [failedReceipts, doneReceipts] = [true, false].map((isFailed) =>
      messages.filter(({ messageId }) => failed.has(messageId) === isFailed).map(({ receipt }) => receipt),
    );
    await queue.acknowledge(doneReceipts ?? []);
    await queue.setVisibility(failedReceipts ?? [], 0);
  }
}
