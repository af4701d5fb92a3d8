import type { Delivery } from '../../../shared/stores/ports.ts';

/**
 * A message that comes again may be the one over which a worker was lost, and all that was held with it. Should it be, the
 * fewer are held with it this time, the fewer lose an attempt; and on the last attempt none should be lost but itself.
 */
export type AttemptKind = 'first' | 'retry' | 'last';

export function attemptKindOf({ attempt }: Pick<Delivery<unknown>, 'attempt'>, maxAttempts: number): AttemptKind {
  if (attempt < 2) return 'first';
  return attempt < maxAttempts ? 'retry' : 'last';
}

/** Share of a full batch that a message counts for at least: suspects are tried in small groups, at last alone. */
export const minBatchShare: Readonly<Record<AttemptKind, number>> = { first: 0, retry: 1 / 8, last: 1 };

/** For which a row waits at most until it is stored, milliseconds; an image whose row is stored is out of danger. */
export const maxRowWaitMs: Readonly<Record<AttemptKind, number>> = { first: Infinity, retry: 500, last: 0 };
