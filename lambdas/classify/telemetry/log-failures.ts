import type { Logger } from '@aws-lambda-powertools/logger';
import { imageDigest } from '../../../shared/images/image.ts';
import { loggableFailure } from '../../loggable-failure.ts';
import type { ClassifyOutcome } from '../classify.ts';

/**
 * Logs each kind of failure that returned messages once with its count: a failure of the store or of the network hits
 * every image of a batch. The line names one image by its digest, or one message by its id.
 * @param messageId the message's id, if the receipt has it (on Lambda)
 */
export function logFailures(
  logger: Pick<Logger, 'warn'>,
  outcomes: readonly ClassifyOutcome[],
  messageId: (receipt: string) => string | undefined = () => undefined,
): void {
  const failed = outcomes.flatMap(({ failure, ...rest }) =>
    failure ? [{ ...rest, logged: loggableFailure(failure) }] : [],
  );
  for (const group of Map.groupBy(failed, ({ logged }) => JSON.stringify(logged)).values()) {
    const [{ receipt, image, logged } = {}] = group;
    if (receipt === undefined || logged === undefined) continue;
    const example = image === undefined ? { messageId: messageId(receipt) } : { image: imageDigest(image) };
    logger.warn('message returned', { ...logged, count: group.length, ...example });
  }
}
