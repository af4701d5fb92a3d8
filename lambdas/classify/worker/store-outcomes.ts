import type { ResultsWriter } from '../../../shared/rows/results-writer.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import type { ClassifyOutcome } from '../classify.ts';
import type { ClassifyPorts } from '../ports.ts';
import type { HeldMessages } from './held-messages.ts';

/**
 * Seconds before a failed crop is retried, by attempt: short failures are retried soon, and a failure that lasts a minute
 * does not use up all attempts.
 */
const retrySeconds = [5, 30, 120] as const;

export interface StorePorts extends Pick<ClassifyPorts, 'maxAttempts'> {
  readonly crops: Pick<HeldMessages, 'acknowledge' | 'setVisibility' | 'attemptOf'>;
  readonly results: ResultsWriter;
}

/**
 * Stores the rows of outcomes, then acknowledges their messages; failed messages return to the queue.
 * @returns the number of messages that could not be deleted although their rows are durable
 * @throws when the rows cannot be stored; no message has then been acknowledged
 */
export async function storeOutcomes(
  outcomes: readonly ClassifyOutcome[],
  { crops, results, maxAttempts }: StorePorts,
): Promise<number> {
  const rows = outcomes.map(({ row }) => row).filter((row): row is ResultRow => row !== undefined);
  await results.append(rows);
  const failed = outcomes.filter(({ failure }) => failure !== undefined).map(({ receipt }) => receipt);
  const done = outcomes.filter(({ failure }) => failure === undefined);
  // A message that could not be deleted is delivered again, and readers drop its second row.
  const undeleted = await crops.acknowledge(done.map(({ receipt }) => receipt));
  const bySeconds = Map.groupBy(failed, (receipt) => retryAfter(crops.attemptOf(receipt), maxAttempts));
  await Promise.all([...bySeconds].map(([seconds, receipts]) => crops.setVisibility(receipts, seconds)));
  return undeleted.length;
}

function retryAfter(attempt: number, maxAttempts: number): number {
  // It becomes a dead letter, which needs no delay.
  if (attempt >= maxAttempts) return 0;
  return retrySeconds[Math.min(attempt, retrySeconds.length) - 1] ?? retrySeconds[0];
}
