import { DeadLetterQueue } from '../../jobs/retry/dead-letter-queue.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import { textCodec } from '../../shared/stores/codec.ts';
import type { AwsOptions } from './command-watch.ts';
import { watchedClients } from './watched-clients.ts';

/** Opens a queue of message texts. @throws {UserError} if it does not exist */
export function openTextQueue(url: string, aws: AwsOptions): Promise<SqsQueue<string>> {
  return SqsQueue.open(watchedClients(aws).sqs, url, textCodec);
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
