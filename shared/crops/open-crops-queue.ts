import type { SQSClient } from '@aws-sdk/client-sqs';
import { UserError } from '../failures/user-error.ts';
import { SqsQueue } from '../stores/aws/sqs-queue.ts';
import type { ObjectStore } from '../stores/ports.ts';
import { cropEnvelopeCodec } from './crop-envelope.ts';
import { CropsQueue, type TransportOptions } from './crops-queue.ts';

/**
 * Opens the queue between ingest and classify.
 * @param objects where packed crops are written to and read from
 * @throws {UserError} when it is no URL, there is no such queue, or it would deliver a message that fails for ever
 */
export async function openCropsQueue(
  client: SQSClient,
  url: string,
  objects: ObjectStore,
  transportOptions: TransportOptions,
): Promise<CropsQueue> {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new UserError(
      `expected the URL of a queue, such as https://sqs.eu-west-1.amazonaws.com/123456789012/crops, got ${url}`,
    );
  }
  const queue = await SqsQueue.open(client, url, cropEnvelopeCodec);
  if (Number.isFinite(queue.maxAttempts)) return new CropsQueue(queue, objects, transportOptions);
  throw new UserError(`the queue ${url} has no redrive policy: expected one, with a dead-letter queue`);
}
