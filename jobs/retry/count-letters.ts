import type { Results } from '../../results/open/open-results.ts';
import type { FailureFilter } from '../../results/questions/failed-images.ts';
import { Failure, type FailureReason } from '../../shared/failures/failure.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import { diagnoseLetters } from './diagnose-letters.ts';

/** Dead letters of one queue. */
export interface LetterCounts {
  readonly url: string;
  /** The selected letters by reason, most frequent first. */
  readonly reasons: readonly { readonly reason: FailureReason; readonly letters: number }[];
  /** Selected letters that cannot be read. */
  readonly unreadable: number;
  /** Letters whose images were classified since, see `DiagnosedLetter.isFinished`: nothing is lost. */
  readonly finished: number;
  /** Letters of other images: deleted or overwritten since, or not selected. */
  readonly others: number;
  /** Whether the queue has more letters than were read. */
  readonly more: boolean;
}

/** Counts the dead letters of a queue by reason. They are hidden from other readers until the end. */
export async function countLetters(
  queue: DeadLetterQueue,
  results: Results,
  { filter, stop }: { filter: FailureFilter; stop: AbortSignal },
): Promise<LetterCounts> {
  const counts = new Map<FailureReason, number>();
  let unreadable = 0;
  let finished = 0;
  let others = 0;
  try {
    while (!stop.aborted) {
      const letters = await queue.next();
      if (letters.length === 0) break;
      for (const { events, reasons, isFinished } of await diagnoseLetters(letters, results, filter.job)) {
        const reason = reasons.find((candidate) => filter.reasons?.includes(candidate) ?? true);
        if (isFinished) finished += 1;
        else if (reason === undefined) others += 1;
        else counts.set(reason, (counts.get(reason) ?? 0) + 1);
        if (reason !== undefined && events instanceof Failure) unreadable += 1;
      }
    }
    const reasons = Array.from(counts, ([reason, letters]) => ({ reason, letters }));
    reasons.sort((a, b) => b.letters - a.letters || (a.reason < b.reason ? -1 : 1));
    return { url: queue.url, reasons, unreadable, finished, others, more: queue.isFull || stop.aborted };
  } finally {
    await queue.close();
  }
}
