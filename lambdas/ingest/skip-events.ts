import { compareSequencers } from '../../shared/events/sequencer.ts';
import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { isClutter, isPipelineOutput, type StoreLocation } from '../../shared/stores/keys.ts';

/**
 * Why an event is no work: `clutter` beside images, the pipeline's own `output`, or `superseded` by another event of the
 * same batch about the same object, which is done instead.
 */
export const skipReasons = ['clutter', 'output', 'superseded'] as const;
export type SkipReason = (typeof skipReasons)[number];

export interface SkipOptions {
  /** Where the pipeline writes. */
  readonly outputs: readonly StoreLocation[];
  /** Prefix that the images were asked for by: hidden names in it are not clutter. Empty where nobody asked, or an event says itself
   * that somebody did. */
  readonly requestedPrefix: string;
}

/**
 * Which of a batch's events are work. S3 tells of everything at least once and in any order; of several uploads of one
 * object the last one counts, as of several deletions, and of equal ones the first. Versions of a key are objects of
 * their own. Uploads and deletions do not supersede each other, so that it does not matter in which batches they come.
 *
 * @returns for each event, in order, why it is none; undefined where it is
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

/** The index of the event that happened last; of equal ones, which are one event that was told twice, the first. */
function lastOf(entries: readonly (readonly [number, UploadEvent])[]): number | undefined {
  return entries.reduce((latest, entry) => (compareEvents(entry[1], latest[1]) > 0 ? entry : latest))[0];
}

/** Below 0 where `one` happened before `other`, as far as that can be told; 0 where they are the same event. */
export function compareEvents(one: UploadEvent, other: UploadEvent): number {
  if (one.sequencer === undefined || other.sequencer === undefined) {
    return one.eventTime.getTime() - other.eventTime.getTime();
  }
  return compareSequencers(one.sequencer, other.sequencer);
}
