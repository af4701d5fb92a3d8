import type { Queue, ResultsWriter } from '../../shared/ports.ts';
import type { ResultRow } from '../../shared/results/row.ts';
import type { Classified } from './classify.ts';

/** Seconds before a crop that failed is tried again: long enough for a fault to pass, short enough to wait for. */
const retrySeconds = 5;

/**
 * Stores the rows of some outcomes, then acknowledges their messages; messages that failed go back to the queue.
 * @returns how many messages could not be deleted although their rows are durable
 * @throws when the rows cannot be stored; nothing has then been acknowledged
 */
export async function store(
  outcomes: readonly Classified[],
  { crops, results }: { crops: Pick<Queue<never>, 'acknowledge' | 'setVisibility'>; results: ResultsWriter },
): Promise<number> {
  const rows = outcomes.map(({ row }) => row).filter((row): row is ResultRow => row !== undefined);
  await results.append(rows);
  const failed = outcomes.filter(({ failure }) => failure !== undefined);
  const done = outcomes.filter(({ failure }) => failure === undefined);
  // An acknowledgement that fails costs a second delivery, whose rows readers drop: no need to stop for it.
  const undeleted = await crops.acknowledge(done.map(({ receipt }) => receipt));
  await crops.setVisibility(
    failed.map(({ receipt }) => receipt),
    retrySeconds,
  );
  return undeleted.length;
}
