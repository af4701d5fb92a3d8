import { type RetryOptions, retry } from '../../../shared/flow/retry.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import type { ResultsWriter } from '../../../shared/stores/ports.ts';

/**
 * Stores rows, trying again what may pass for as long as it takes, or as `retrying` allows: as long as messages are held,
 * an outage of the store costs none of them an attempt.
 * @throws when they cannot be stored all the same
 */
export function appendRows(
  rows: readonly ResultRow[],
  results: ResultsWriter,
  retrying: Pick<RetryOptions, 'attempts' | 'signal' | 'onFailure'> = {},
): Promise<void> {
  return retry(() => results.append(rows), retrying);
}

/** The same for one who has little time: six attempts last at most 7.75 seconds, beside what they take themselves. */
export function appendRowsBriefly(rows: readonly ResultRow[], results: ResultsWriter, attempts = 6): Promise<void> {
  return appendRows(rows, results, { attempts });
}
