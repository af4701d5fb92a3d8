import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import { presentSince, uploadOfObject } from '../../../shared/events/upload-of-object.ts';
import { imageId } from '../../../shared/images/image.ts';
import type { ImageRow } from '../../../shared/rows/row.ts';
import type { OpenedLocation } from '../locations.ts';
import type { Tally } from './tally.ts';

/**
 * The objects of a place as if each had just been uploaded, without those that an earlier run has finished; these are
 * counted as done.
 * @param finished see `finishedImages`
 */
export async function* listedUploads(
  { objects, bucket, prefix, kind }: OpenedLocation,
  job: string,
  finished: ReadonlyMap<string, ImageRow['status']>,
  tally: Tally,
): AsyncGenerator<UploadEvent> {
  const started = new Date();
  for await (const object of objects.list(bucket, prefix)) {
    const status = finished.get(imageId(object));
    if (status) tally.skip(status);
    else yield uploadOfObject(object, job, kind === 'folder' ? new Date() : presentSince(object, started));
  }
}

/**
 * How many objects a place holds, so that progress has a total before the last of them is on its way; undefined when
 * it was stopped before the end.
 */
export async function countObjects(
  { objects, bucket, prefix }: OpenedLocation,
  stop: AbortSignal,
): Promise<number | undefined> {
  let count = 0;
  for await (const _ of objects.list(bucket, prefix)) {
    if (stop.aborted) return undefined;
    count += 1;
  }
  return count;
}
