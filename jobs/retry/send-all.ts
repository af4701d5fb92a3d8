import pMap from 'p-map';
import { sqsLimits } from '../../shared/events/sqs-limits.ts';
import type { Queue, RefusedEntry } from '../../shared/stores/ports.ts';

/** Requests that are under way at the same time: SQS answers one in ten milliseconds or so. */
const requestsAtOnce = 16;

/** Sends texts, several requests at a time; resolves with those that were refused, in order. */
export async function sendAll(queue: Pick<Queue<string>, 'send'>, bodies: readonly string[]): Promise<RefusedEntry[]> {
  const { entries: most } = sqsLimits;
  const starts = Array.from({ length: Math.ceil(bodies.length / most) }, (_, batch) => batch * most);
  const refused = await pMap(
    starts,
    async (start) => {
      const entries = await queue.send(bodies.slice(start, start + most));
      return entries.map(({ index, failure }) => ({ index: start + index, failure }));
    },
    { concurrency: requestsAtOnce },
  );
  return refused.flat();
}
