import type { Delivery } from '../../../shared/stores/ports.ts';

/**
 * A message that comes again may be the one over which a worker was lost, and all that was held with it. Should it be, the
 * fewer are held with it this time, the fewer lose an attempt; and on the last attempt none should be lost but itself.
 */
export type Suspicion = 'none' | 'some' | 'last';

export function suspicionOf({ attempt }: Pick<Delivery<unknown>, 'attempt'>, maxAttempts: number): Suspicion {
  if (attempt < 2) return 'none';
  return attempt < maxAttempts ? 'some' : 'last';
}

/** Share of a full batch that a message counts for at least: suspects are tried in small groups, at last alone. */
export const leastShare: Readonly<Record<Suspicion, number>> = { none: 0, some: 1 / 8, last: 1 };

/** For which a row waits at most until it is stored, milliseconds; an image whose row is stored is out of danger. */
export const longestWaitMs: Readonly<Record<Suspicion, number>> = { none: Infinity, some: 500, last: 0 };
