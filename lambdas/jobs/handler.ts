import { type CompleteJobsPorts, completeJobs, type JobsChecked } from '../../jobs/progress/complete-jobs.ts';
import { type BatchResponse, parseSqsEvent, toBatchResponse } from '../../shared/events/sqs-event.ts';
import { Failure } from '../../shared/failures/failure.ts';

export interface JobsObserver {
  /** Receives the number of new parts and the state of the jobs. */
  checked(parts: number, jobs: JobsChecked): void;
  failed(failure: Failure): void;
}

/**
 * Handles messages about new parts: checks once per batch which jobs are complete. If that fails, the whole batch goes back
 * to the queue; a later check gives the same result.
 * @throws when the event is not a batch of an SQS queue
 */
export function jobsHandler(
  ports: CompleteJobsPorts,
  { checked, failed }: JobsObserver,
): (event: unknown) => Promise<BatchResponse> {
  return async (event) => {
    const messages = parseSqsEvent(event);
    try {
      checked(messages.length, await completeJobs(ports));
      return toBatchResponse([]);
    } catch (error) {
      const failure = Failure.from(error);
      failed(failure);
      return toBatchResponse(messages.map(({ messageId }) => ({ receipt: messageId, failure })));
    }
  };
}
