import type { ListedObject } from '../stores/ports.ts';
import type { UploadEvent } from './upload-event.ts';

/**
 * An object that was found as the event of its upload.
 * @param eventTime a moment after any deletion that was before it: of a file that when it was seen, since one that is
 *   moved away and back keeps its time of modification
 */
export function uploadOfObject(
  { bucket, key, versionId, etag, size }: ListedObject,
  job: string,
  eventTime: Date,
): UploadEvent {
  return { kind: 'created', bucket, key, versionId, etag, size, eventTime, job };
}

/**
 * When an object in a bucket was certainly there: when the listing began, or at its last modification should that be
 * later. An object that is back after its deletion may keep an older time of modification, as when a delete marker is
 * taken away.
 */
export function presentSince({ modified }: ListedObject, started: Date): Date {
  return modified > started ? modified : started;
}
