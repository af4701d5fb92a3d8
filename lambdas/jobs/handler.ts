import { type CompleteJobsPorts, completeJobs, type JobsChecked } from '../../jobs/progress/complete-jobs.ts';
import { type BatchResponse, parseSqsEvent, toBatchResponse } from '../../shared/events/sqs-event.ts';
import { Failure } from '../../shared/failures/failure.ts';

export interface JobsObserver {
  /** Is told what was found after so many new parts. */
  seen(parts: number, jobs: JobsChecked): void;
  failed(failure: Failure): void;
}

/**
 * The function that is told of new parts: looks once for all of a batch which jobs are complete. Where that fails, all
 * of the batch is given back; a look later finds what this one would have.
 * @throws when the event is no batch of a queue at all
 */
export function jobsHandler(
  ports: CompleteJobsPorts,
  { seen, failed }: JobsObserver,
): (event: unknown) => Promise<BatchResponse> {
  return async (event) => {
    const messages = parseSqsEvent(event);
    try {
      seen(messages.length, await completeJobs(ports));
      return toBatchResponse([]);
    } catch (error) {
      const failure = Failure.from(error);
      failed(failure);
      return toBatchResponse(messages.map(({ messageId }) => ({ receipt: messageId, failure })));
    }
  };
}
