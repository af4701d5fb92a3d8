import { DeadLetterQueue } from '../../jobs/retry/dead-letter-queue.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import { type Codec, textCodec } from '../../shared/stores/codec.ts';
import type { AwsOptions } from './command-watch.ts';
import { watchedClients } from './watched-clients.ts';

/** Opens a queue of message texts. @throws {UserError} if it does not exist */
export async function openTextQueue(url: string, aws: AwsOptions): Promise<SqsQueue<string>> {
  return openQueue(url, textCodec, aws);
}

/** Opens a queue in SQS for a command. The code for it is loaded only here, see `watchedClients`. */
export async function openQueue<T>(url: string, codec: Codec<T>, aws: AwsOptions): Promise<SqsQueue<T>> {
  const { SqsQueue: Queue } = await import('../../shared/stores/aws/sqs-queue.ts');
  const { sqs } = await watchedClients(aws);
  return Queue.open(sqs, url, codec);
}

/**
 * Reading a message counts as a delivery, so a queue with a maximum receive count would be emptied by it.
 * @throws {UserError} if the queue does not exist, or has a redrive policy
 */
export async function openDeadLetters(url: string, aws: AwsOptions): Promise<DeadLetterQueue> {
  const queue = await openTextQueue(url, aws);
  if (!Number.isFinite(queue.maxAttempts)) return new DeadLetterQueue(url, queue);
  throw new UserError(`${url} has a redrive policy: give its dead-letter queue instead`);
}
