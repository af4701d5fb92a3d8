import type { ResultRow } from '../../../shared/rows/row.ts';
import type { ResultsWriter } from '../../../shared/stores/ports.ts';
import type { ClassifyOutcome } from '../classify.ts';
import type { ClassifyPorts } from '../ports.ts';
import type { HeldMessages } from './held-messages.ts';

/**
 * Seconds before a crop that failed is tried again, after its first attempt and those that follow: what passes soon is
 * not waited for long, and what lasts for a minute does not use all attempts up.
 */
const retrySeconds = [5, 30, 120] as const;

export interface StorePorts extends Pick<ClassifyPorts, 'maxAttempts'> {
  readonly crops: Pick<HeldMessages, 'acknowledge' | 'setVisibility' | 'attemptOf'>;
  readonly results: ResultsWriter;
}

/**
 * Stores the rows of some outcomes, then acknowledges their messages; messages that failed go back to the queue.
 * @returns how many messages could not be deleted although their rows are durable
 * @throws when the rows cannot be stored; nothing has then been acknowledged
 */
export async function storeOutcomes(
  outcomes: readonly ClassifyOutcome[],
  { crops, results, maxAttempts }: StorePorts,
): Promise<number> {
  const rows = outcomes.map(({ row }) => row).filter((row): row is ResultRow => row !== undefined);
  await results.append(rows);
  const failed = outcomes.filter(({ failure }) => failure !== undefined).map(({ receipt }) => receipt);
  const done = outcomes.filter(({ failure }) => failure === undefined);
  // An acknowledgement that fails costs a second delivery, whose rows readers drop: no need to stop for it.
  const undeleted = await crops.acknowledge(done.map(({ receipt }) => receipt));
  const bySeconds = Map.groupBy(failed, (receipt) => retryAfter(crops.attemptOf(receipt), maxAttempts));
  await Promise.all([...bySeconds].map(([seconds, receipts]) => crops.setVisibility(receipts, seconds)));
  return undeleted.length;
}

function retryAfter(attempt: number, maxAttempts: number): number {
  // It is a dead letter by then: nobody waits for anything to pass.
  if (attempt >= maxAttempts) return 0;
  return retrySeconds[Math.min(attempt, retrySeconds.length) - 1] ?? retrySeconds[0];
}
