import { setTimeout as wait } from 'node:timers/promises';
import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { sqsRecord } from '../../cloud/sqs-record.ts';
import type { FunctionProcess } from './function-process.ts';

const queueArn = 'arn:aws:sqs:us-east-1:000000000000:uploads';
const messagesPerBatch = 30;

/**
 * Polls the uploads queue for a function as Lambda does: what the function does not report as failed is deleted, everything
 * else is delivered again when its visibility ends. Faults of the queue are ignored: the next request may succeed.
 */
export async function pollUploads(
  sqs: SQSClient,
  QueueUrl: string,
  { ingest, stop }: { readonly ingest: FunctionProcess; readonly stop: AbortSignal },
): Promise<void> {
  while (!stop.aborted) {
    const batch = await collect(sqs, QueueUrl);
    if (batch.length === 0) continue;
    const failed = await ingest.invoke({ Records: batch.map((message) => sqsRecord(message, queueArn, 'us-east-1')) });
    if (failed === undefined) continue;
    const done = batch.filter(({ MessageId = '' }) => !failed.has(MessageId));
    for (let start = 0; start < done.length; start += 10) {
      const Entries = done
        .slice(start, start + 10)
        .map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries })).catch(() => {});
    }
  }
}

async function collect(sqs: SQSClient, QueueUrl: string): Promise<Message[]> {
  const batch: Message[] = [];
  while (batch.length < messagesPerBatch) {
    const { Messages = [] } = await sqs
      .send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: batch.length === 0 ? 1 : 0,
          MessageSystemAttributeNames: ['All'],
        }),
      )
      .catch(async () => {
        await wait(100);
        return { Messages: [] };
      });
    batch.push(...Messages);
    if (Messages.length === 0) break;
  }
  return batch;
}
