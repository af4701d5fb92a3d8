import type { ListedObject } from '../stores/ports.ts';
import type { UploadEvent } from './upload-event.ts';

/**
 * The upload event of a listed object.
 * @param eventTime must be later than any earlier deletion of the object. For a file, use the time when it was listed: a
 *   file that is moved away and back keeps its modification time
 */
export function uploadOfObject(
  { bucket, key, versionId, etag, size }: ListedObject,
  job: string,
  eventTime: Date,
): UploadEvent {
  return { kind: 'created', bucket, key, versionId, etag, size, eventTime, job };
}

/**
 * A time at which a listed object of a bucket certainly existed: when the listing began, or its modification time if that
 * is later. The modification time alone is not enough: an object that is restored, for example by removing its delete
 * marker, keeps a modification time from before the deletion.
 */
export function presentSince({ modified }: ListedObject, started: Date): Date {
  return modified > started ? modified : started;
}
