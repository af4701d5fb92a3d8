import type { SQSClient } from '@aws-sdk/client-sqs';
import type { CropMessage } from '../crops/crop-message.ts';
import { inlineCodec } from '../crops/inline-codec.ts';
import { UserError } from '../user-error.ts';
import { SqsQueue } from './sqs-queue.ts';

/**
 * Opens the queue between ingest and classify.
 * @throws {UserError} when it is no URL, there is no such queue, or it would deliver a message that fails for ever
 */
export async function openCropsQueue(client: SQSClient, url: string): Promise<SqsQueue<CropMessage>> {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new UserError(
      `expected the URL of a queue, such as https://sqs.eu-west-1.amazonaws.com/123456789012/crops, got ${url}`,
    );
  }
  const queue = await SqsQueue.open(client, url, inlineCodec);
  if (Number.isFinite(queue.maxAttempts)) return queue;
  throw new UserError(`the queue ${url} has no redrive policy: expected one, with a dead-letter queue`);
}
