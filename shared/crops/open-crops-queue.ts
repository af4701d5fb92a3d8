import type { SQSClient } from '@aws-sdk/client-sqs';
import { UserError } from '../failures/user-error.ts';
import { SqsQueue } from '../stores/aws/sqs-queue.ts';
import type { ObjectStore } from '../stores/ports.ts';
import { cropEnvelopeCodec } from './crop-envelope.ts';
import { CropsQueue, type TransportOptions } from './crops-queue.ts';

/**
 * Opens the queue between ingest and classify.
 * @param objects the store of the packs
 * @throws {UserError} if the URL is not valid, or the queue does not exist or has no redrive policy, without which a message
 *   that fails is delivered forever
 */
export async function openCropsQueue(
  client: SQSClient,
  url: string,
  objects: ObjectStore,
  transportOptions: TransportOptions,
): Promise<CropsQueue> {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new UserError(
      `${url} is not the URL of a queue; give one such as https://sqs.eu-west-1.amazonaws.com/123456789012/crops`,
    );
  }
  const queue = await SqsQueue.open(client, url, cropEnvelopeCodec);
  if (Number.isFinite(queue.maxAttempts)) return new CropsQueue(queue, objects, transportOptions);
  throw new UserError(`the queue ${url} has no redrive policy: add one with a dead-letter queue`);
}
