import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import { presentSince, uploadOfObject } from '../../../shared/events/upload-of-object.ts';
import { imageId } from '../../../shared/images/image.ts';
import type { OpenedLocation } from '../locations.ts';
import type { FinishedImages } from './finished-in.ts';
import type { Tally } from './tally.ts';

/**
 * Treats each object of a location as if it had just been uploaded. Skips images that an earlier run has finished and
 * counts them as done.
 */
export async function* listedUploads(
  { objects, bucket, prefix, kind }: OpenedLocation,
  job: string,
  finished: FinishedImages,
  tally: Tally,
): AsyncGenerator<UploadEvent> {
  const started = new Date();
  for await (const object of objects.list(bucket, prefix, (why) => tally.skipName(why))) {
    const status = finished.get(imageId(object));
    if (status) tally.skip(status);
    else yield uploadOfObject(object, job, kind === 'folder' ? new Date() : presentSince(object, started));
  }
}

/** Counts the objects of a location, so that progress has a total early; undefined if it was stopped. */
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
