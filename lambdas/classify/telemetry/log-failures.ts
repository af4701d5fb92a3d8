import type { Logger } from '@aws-lambda-powertools/logger';
import { loggableFailure } from '../../../shared/failures/loggable-failure.ts';
import { imageDigest } from '../../../shared/images/image.ts';
import type { ClassifyOutcome } from '../classify.ts';

/**
 * Warns of each kind of failure that gave a message back, once however many there were: a fault of the store or of the
 * network comes with every image of a batch. One image stands for all, by its digest; or one message, which has an id
 * where it came from Lambda.
 * @param messageId the id in a receipt, where that holds one
 */
export function logFailures(
  logger: Pick<Logger, 'warn'>,
  outcomes: readonly ClassifyOutcome[],
  messageId: (receipt: string) => string | undefined = () => undefined,
): void {
  const failed = outcomes.flatMap(({ failure, ...of }) => (failure ? [{ ...of, told: loggableFailure(failure) }] : []));
  for (const alike of Map.groupBy(failed, ({ told }) => JSON.stringify(told)).values()) {
    const [{ receipt, image, told } = {}] = alike;
    if (receipt === undefined || told === undefined) continue;
    const one = image === undefined ? { messageId: messageId(receipt) } : { image: imageDigest(image) };
    logger.warn('message returned', { ...told, count: alike.length, ...one });
  }
}
