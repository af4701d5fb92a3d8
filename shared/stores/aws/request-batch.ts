import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs';
import { Failure } from '../../failures/failure.ts';
import type { RefusedEntry } from '../ports.ts';
import { awsFailure, entryFailure } from './aws-failure.ts';

const requests = 4;
const firstDelayMs = 100;

/**
 * Sends one batch until SQS has taken every entry. Entries that failed through no fault of theirs are sent again, up to
 * four times in all; so are those of a request that failed as a whole, since the client gives up within a moment.
 *
 * @param entries with their places in what the caller was given; at most `sqsLimits.entries`
 * @returns those that were not taken
 */
export async function requestBatch<Entry extends { readonly index: number }>(
  entries: readonly Entry[],
  request: (entries: (Entry & { Id: string })[]) => Promise<{ Failed?: BatchResultErrorEntry[] | undefined }>,
): Promise<RefusedEntry[]> {
  const refused: RefusedEntry[] = [];
  let open: readonly Entry[] = entries;
  for (let attempt = 1; open.length > 0; attempt += 1) {
    const answer = await request(open.map((entry) => ({ ...entry, Id: String(entry.index) }))).catch(awsFailure);
    if (answer instanceof Error) {
      if (attempt < requests && maySoonPass(answer)) {
        await pauseAfter(attempt);
        continue;
      }
      const failure = faultOfQueue(answer);
      return [...refused, ...open.map(({ index }) => ({ index, failure }))];
    }
    const failed = new Map((answer.Failed ?? []).map((entry) => [entry.Id, entry]));
    const again: Entry[] = [];
    for (const entry of open) {
      const error = failed.get(String(entry.index));
      if (error === undefined) continue;
      if (error.SenderFault || attempt === requests)
        refused.push({ index: entry.index, failure: faultOfQueue(entryFailure(error)) });
      else again.push(entry);
    }
    open = again;
    if (open.length > 0) await pauseAfter(attempt);
  }
  return refused;
}

/** Doubled each time, and at random up to that, so that many senders do not come back together. */
function pauseAfter(attempt: number): Promise<void> {
  return sleep(Math.random() * firstDelayMs * 2 ** attempt);
}

/** Not what nobody foresaw; nor silence, for which the client has waited for half a minute. */
function maySoonPass({ isTransient, reason }: Failure): boolean {
  return isTransient && reason !== 'internal' && reason !== 'timeout';
}

/** A queue that is gone or may not be used is nobody's fault but the deployment's: no image is rejected for it. */
function faultOfQueue(failure: Failure): Failure {
  if (failure.isTransient) return failure;
  return new Failure('unavailable', `the queue takes nothing: ${failure.message}`, { cause: failure });
}
