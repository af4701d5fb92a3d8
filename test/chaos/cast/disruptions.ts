import { shuffle } from '../../../shared/random/seeded-random.ts';

export interface Disruption {
  /** Number of delivered messages at which it happens. */
  readonly at: number;
  readonly kind: 'kill worker' | 'pause worker' | 'kill ingest' | 'pause ingest';
}

/** Kills and pauses, spread over the deliveries of a scenario. */
export function planDisruptions(
  random: () => number,
  { kills, pauses, deliveries }: { readonly kills: number; readonly pauses: number; readonly deliveries: number },
): Disruption[] {
  const alternating = <T>(count: number, kinds: readonly [T, T]) =>
    Array.from({ length: count }, (_, index) => kinds[index % 2] ?? kinds[0]);
  const kinds = shuffle(
    [
      ...alternating(kills, ['kill worker', 'kill ingest'] as const),
      ...alternating(pauses, ['pause worker', 'pause ingest'] as const),
    ],
    random,
  );
  return kinds.map((kind, index) => ({ kind, at: Math.round(((index + 1) / (kinds.length + 1)) * deliveries) }));
}
