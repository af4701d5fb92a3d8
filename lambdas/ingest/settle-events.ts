import { isClutter, isOwnOutput, type StorePlace } from '../../shared/keys.ts';
import type { UploadEvent } from '../../shared/upload-event.ts';

/**
 * Why an event is no work: `clutter` beside images, the pipeline's own `output`, or `superseded` by another event of the
 * same batch about the same object, which is done instead.
 */
export type Skipped = 'clutter' | 'output' | 'superseded';

/**
 * Which of a batch's events are work. S3 tells of everything at least once and in any order; of several events about one
 * object the last one counts, and of equal ones the first. Versions of a key are objects of their own, but for a deletion
 * of the key as a whole, which supersedes what was uploaded before. A deletion is not undone by a later upload: the rows
 * of what was there before it still have to be marked.
 *
 * @returns for each event, in order, why it is none; undefined where it is
 */
export function settleEvents(events: readonly UploadEvent[], own: readonly StorePlace[]): (Skipped | undefined)[] {
  const byKey = Map.groupBy(events.keys(), (index) => JSON.stringify([events[index]?.bucket, events[index]?.key]));
  const superseded = new Set<number>();
  for (const indexes of byKey.values()) {
    for (const one of indexes) {
      if (indexes.some((other) => one !== other && supersedes(events, other, one))) superseded.add(one);
    }
  }
  return events.map((event, index) => {
    if (isOwnOutput(event, own)) return 'output';
    if (isClutter(event.key, event.size)) return 'clutter';
    return superseded.has(index) ? 'superseded' : undefined;
  });
}

function supersedes(events: readonly UploadEvent[], index: number, otherIndex: number): boolean {
  const [event, other] = [events[index], events[otherIndex]];
  if (event === undefined || other === undefined) return false;
  const sameObject = event.versionId === other.versionId || (event.kind === 'deleted' && event.versionId === undefined);
  if (!sameObject || (event.kind === 'created' && other.kind === 'deleted')) return false;
  const order = compareEvents(event, other);
  // Equal ones are one event that was told twice.
  return order > 0 || (order === 0 && index < otherIndex);
}

/** Below 0 where `one` happened before `other`, as far as that can be told; 0 where they are the same event. */
export function compareEvents(one: UploadEvent, other: UploadEvent): number {
  if (one.sequencer === undefined || other.sequencer === undefined) {
    return one.eventTime.getTime() - other.eventTime.getTime();
  }
  const length = Math.max(one.sequencer.length, other.sequencer.length);
  const [left, right] = [one, other].map(({ sequencer = '' }) => sequencer.toLowerCase().padStart(length, '0'));
  if (left === right || left === undefined || right === undefined) return 0;
  return left < right ? -1 : 1;
}
