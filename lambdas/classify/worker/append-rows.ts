import { type RetryOptions, retry } from '../../../shared/flow/retry.ts';
import type { ResultsWriter } from '../../../shared/rows/results-writer.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';

/**
 * Stores rows, and retries transient failures without end, or as `retrying` allows: while their messages are held, an outage
 * of the store costs them no attempt.
 * @throws when the rows cannot be stored
 */
export function appendRows(
  rows: readonly ResultRow[],
  results: ResultsWriter,
  retrying: Pick<RetryOptions, 'attempts' | 'signal' | 'onFailure'> = {},
): Promise<void> {
  return retry(() => results.append(rows), retrying);
}

/** Stores rows with little time left: six attempts have 7.75 seconds of pauses at most. */
export function appendRowsBriefly(rows: readonly ResultRow[], results: ResultsWriter, attempts = 6): Promise<void> {
  return appendRows(rows, results, { attempts });
}
