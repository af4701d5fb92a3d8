import { compareSequencers } from '../../shared/events/sequencer.ts';
import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { isClutter, isPipelineOutput, type StoreLocation } from '../../shared/stores/keys.ts';

/**
 * Why an event is skipped: `clutter` (hidden names and empty folders), `output` of the pipeline itself, or `superseded` by
 * another event of the same batch about the same object.
 */
export const skipReasons = ['clutter', 'output', 'superseded'] as const;
export type SkipReason = (typeof skipReasons)[number];

export interface SkipOptions {
  /** Locations that the pipeline writes to. */
  readonly outputs: readonly StoreLocation[];
  /** Prefix that the user named: hidden names in it are not clutter. Empty for events of S3; events with `requested` are never clutter. */
  readonly requestedPrefix: string;
}

/**
 * Finds the events of a batch to skip. S3 delivers events at least once and in any order: of several uploads (or several
 * deletions) of one object the last counts, and of equal events the first. Each version of a key is an object. Uploads
 * and deletions do not supersede each other, so the result does not depend on how events are batched.
 *
 * @returns for each event, in order, why it is skipped; undefined if it is not
 */
export function skipEvents(
  events: readonly UploadEvent[],
  { outputs, requestedPrefix }: SkipOptions,
): (SkipReason | undefined)[] {
  const byObject = Map.groupBy(events.entries(), ([, { kind, bucket, key, versionId }]) =>
    JSON.stringify([kind, bucket, key, versionId]),
  );
  const last = new Set(Array.from(byObject.values(), lastOf));
  return events.map((event, index) => {
    if (isPipelineOutput(event, outputs)) return 'output';
    if (!event.requested && isClutter(event.key, event.size, requestedPrefix)) return 'clutter';
    return last.has(index) ? undefined : 'superseded';
  });
}

/** The index of the last event; of equal ones, which are duplicates of one event, the first. */
function lastOf(entries: readonly (readonly [number, UploadEvent])[]): number | undefined {
  return entries.reduce((latest, entry) => (compareEvents(entry[1], latest[1]) > 0 ? entry : latest))[0];
}

/** Below 0 if `one` happened before `other`, as far as known; 0 for duplicates. Without sequencers, event times decide. */
export function compareEvents(one: UploadEvent, other: UploadEvent): number {
  if (one.sequencer === undefined || other.sequencer === undefined) {
    return one.eventTime.getTime() - other.eventTime.getTime();
  }
  return compareSequencers(one.sequencer, other.sequencer);
}
