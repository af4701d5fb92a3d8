import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../shared/failure.ts';
import type { ResultsWriter } from '../../shared/ports.ts';
import type { ResultRow } from '../../shared/results/row.ts';

/** Milliseconds between attempts to write a part; an outage longer than their sum stops the worker. */
const pauses = [250, 500, 1000, 2000, 4000];

/**
 * Stores rows, trying again for a while what may pass.
 * @throws when they cannot be stored all the same
 */
export async function append(rows: readonly ResultRow[], results: ResultsWriter): Promise<void> {
  for (const pause of pauses) {
    try {
      return await results.append(rows);
    } catch (error) {
      if (!(error instanceof Failure) || !error.retryable) throw error;
      await sleep(pause);
    }
  }
  await results.append(rows);
}

/** The same for one who has little time: six tries last at most 7.75 seconds, beside what they take themselves. */
export function appendWithin(rows: readonly ResultRow[], results: ResultsWriter): Promise<void> {
  return append(rows, results);
}
