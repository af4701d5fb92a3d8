import type { Delivery } from '../../../shared/stores/ports.ts';

/**
 * A redelivered message may be the one that crashed a worker, which costs every message held with it an attempt. Retries
 * therefore run in small groups, and last attempts alone.
 */
export type AttemptKind = 'first' | 'retry' | 'last';

export function attemptKindOf({ attempt }: Pick<Delivery<unknown>, 'attempt'>, maxAttempts: number): AttemptKind {
  if (attempt < 2) return 'first';
  return attempt < maxAttempts ? 'retry' : 'last';
}

/** Minimum share of a batch that a message takes up: the higher, the fewer other messages run with it. */
export const minBatchShare: Readonly<Record<AttemptKind, number>> = { first: 0, retry: 1 / 8, last: 1 };

/** How long a row may wait to be stored, milliseconds: once it is stored, a crash no longer matters to its image. */
export const maxRowWaitMs: Readonly<Record<AttemptKind, number>> = { first: Infinity, retry: 500, last: 0 };
