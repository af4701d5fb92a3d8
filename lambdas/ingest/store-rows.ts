import { Failure } from '../../shared/failures/failure.ts';
import { untilAborted } from '../../shared/flow/until-aborted.ts';
import type { ResultsWriter } from '../../shared/rows/results-writer.ts';
import type { DeletedRow, RejectedRow } from '../../shared/rows/row.ts';
import { type EventWork, isLastAttempt, isRetried, outcomeOf } from './event-work.ts';
import type { IngestPorts } from './ports.ts';
import { deletedRow, rejectedRow } from './rows.ts';
import { lateFailure, type TimeLimits } from './time-limits.ts';

type Row = RejectedRow | DeletedRow;

/**
 * Stores a row for every deletion and for every image that failed and is not retried.
 * @returns if storing fails, that failure by the receipt of every message with such an event
 */
export async function storeRows(
  works: readonly EventWork[],
  ports: IngestPorts,
  limits: TimeLimits,
): Promise<Map<string, Failure>> {
  const receipts = new Map<Row, string>();
  for (const work of works) {
    const outcome = outcomeOf(work);
    const { receipt } = work.delivery;
    if (outcome === 'deleted') receipts.set(deletedRow(work.event, ports), receipt);
    if (!(outcome instanceof Failure) || isRetried(work, ports)) continue;
    receipts.set(rejectedRow(work.event, outcome, ports), receipt);
  }
  const failures = await appendApart([...receipts.keys()], ports.results, limits.store);
  return new Map(Array.from(failures, ([row, failure]) => [receipts.get(row) ?? '', failure]));
}

/**
 * Stores a row for each image and each deletion of a message that was delivered for the last time, before any of them is
 * processed. If the function is ended meanwhile, the message becomes a dead letter and this row is its only trace; in any
 * other case a later row replaces it. A row that cannot be stored does not stop the attempt, which may succeed.
 */
export async function recordFinalAttempts(
  works: readonly EventWork[],
  ports: IngestPorts,
  limits: TimeLimits,
): Promise<void> {
  const rows = works.flatMap(({ delivery, event, outcome }): Row[] => {
    if (!isLastAttempt(delivery, ports)) return [];
    if (outcome === 'deleted') return [deletedRow(event, ports)];
    if (outcome !== 'open') return [];
    return [rejectedRow(event, new Failure('abandoned', `none of ${delivery.attempt} attempts finished`), ports)];
  });
  await appendApart(rows, ports.results, limits.crops);
}

/**
 * Stores rows as one part. If the store is not at fault, one of the rows is: each half is stored alone, down to the row.
 * @returns the rows that are not stored, with the reason
 */
async function appendApart(
  rows: readonly Row[],
  results: ResultsWriter,
  limit: AbortSignal | undefined,
): Promise<Map<Row, Failure>> {
  if (rows.length === 0) return new Map();
  try {
    await untilAborted(results.append(rows), limit, lateFailure);
    return new Map();
  } catch (error) {
    const failure = Failure.from(error);
    if (rows.length === 1 || failure.reason !== 'internal') return new Map(rows.map((row) => [row, failure]));
    const middle = Math.ceil(rows.length / 2);
    const first = await appendApart(rows.slice(0, middle), results, limit);
    return new Map([...first, ...(await appendApart(rows.slice(middle), results, limit))]);
  }
}
