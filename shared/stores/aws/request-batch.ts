import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs';
import { Failure } from '../../failures/failure.ts';
import type { RefusedEntry } from '../ports.ts';
import { awsFailure, entryFailure } from './aws-failure.ts';

const maxAttempts = 4;
const firstPauseMs = 100;

/**
 * Sends a batch until SQS has accepted every entry, four times at most. Entries with a fault of the service are sent again,
 * and so are the entries of a request that failed as a whole: the client itself gives up within a moment.
 *
 * @param entries at most `sqsLimits.entries`, with their indexes in the call of the queue
 * @returns the entries that were not accepted
 */
export async function requestBatch<Entry extends { readonly index: number }>(
  entries: readonly Entry[],
  request: (entries: (Entry & { Id: string })[]) => Promise<{ Failed?: BatchResultErrorEntry[] | undefined }>,
): Promise<RefusedEntry[]> {
  const refused: RefusedEntry[] = [];
  let pending: readonly Entry[] = entries;
  for (let attempt = 1; pending.length > 0; attempt += 1) {
    const response = await request(pending.map((entry) => ({ ...entry, Id: String(entry.index) }))).catch(awsFailure);
    if (response instanceof Error) {
      if (attempt < maxAttempts && isWorthRepeating(response)) {
        await pauseAfter(attempt);
        continue;
      }
      const failure = queueFailure(response);
      return [...refused, ...pending.map(({ index }) => ({ index, failure }))];
    }
    const failed = new Map((response.Failed ?? []).map((entry) => [entry.Id, entry]));
    const again: Entry[] = [];
    for (const entry of pending) {
      const error = failed.get(String(entry.index));
      if (error === undefined) continue;
      if (error.SenderFault || attempt === maxAttempts)
        refused.push({ index: entry.index, failure: queueFailure(entryFailure(error)) });
      else again.push(entry);
    }
    pending = again;
    if (pending.length > 0) await pauseAfter(attempt);
  }
  return refused;
}

/** Doubled after each attempt and randomised, so that many senders that fail together do not retry together. */
function pauseAfter(attempt: number): Promise<void> {
  return sleep(Math.random() * firstPauseMs * 2 ** attempt);
}

/** Not for an unexpected error, nor for a timeout, since the client has already waited for half a minute. */
function isWorthRepeating({ isTransient, reason }: Failure): boolean {
  return isTransient && reason !== 'internal' && reason !== 'timeout';
}

/** A queue that is missing or not accessible is a fault of the deployment: no image is rejected for it. */
function queueFailure(failure: Failure): Failure {
  if (failure.isTransient) return failure;
  return new Failure('unavailable', `the queue accepts no requests: ${failure.message}`, { cause: failure });
}
