import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { presentSince, uploadOfObject } from '../../shared/events/upload-of-object.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { retry } from '../../shared/flow/retry.ts';
import { encodeListedImages } from '../../shared/jobs/listed-image.ts';
import { jobListKey, jobMarkerKey, type StoreLocation, underPrefix } from '../../shared/stores/keys.ts';
import type { ListedObject, ObjectAddress, ObjectStore, Queue } from '../../shared/stores/ports.ts';
import { type Sent, sendImages } from './send-images.ts';

export interface SubmittedJob {
  readonly job: string;
  /** See `modelId`. */
  readonly model: string;
  /** See `preprocessDigest`. */
  readonly preprocess: string;
}

export interface SubmitPorts {
  /** Store of the lists of images. */
  readonly store: Pick<ObjectStore, 'write' | 'remove'>;
  readonly location: StoreLocation;
  readonly queue: Pick<Queue<UploadEvent>, 'send'>;
  readonly now: () => Date;
  /** Unique among all writers. */
  readonly uniqueId: () => string;
}

export interface SubmitOptions {
  /** Images per list; two lists are held in memory. @default 50,000 */
  readonly imagesPerList?: number;
  /** Stops listing and sending. The next submission sends what was listed but not sent. */
  readonly stop: AbortSignal;
  /** Updated while images are sent. */
  readonly sent: Sent;
}

/** Attempts to write a list. */
const attempts = 4;

/**
 * Writes images to lists of the job and sends each as a message. Before the images of a list are sent, that list and the next
 * one are durable, so that a job cannot become complete while images are still being listed.
 * @throws {Failure} if a list cannot be written or the queue accepts no messages
 */
export async function submitImages(
  images: AsyncIterable<ListedObject>,
  job: SubmittedJob,
  ports: SubmitPorts,
  { imagesPerList = 50_000, stop, sent }: SubmitOptions,
): Promise<void> {
  const started = ports.now();
  const send = (listed: readonly ListedObject[]) =>
    sendImages(
      listed.map((object) => uploadOfObject(object, job.job, presentSince(object, started))),
      ports.queue,
      { stop, sent },
    );
  let previous: readonly ListedObject[] = [];
  for await (const listed of inLists(images, imagesPerList)) {
    if (stop.aborted) return;
    await retry(() => writeList(listed, job, ports), { attempts, signal: stop });
    await send(previous);
    previous = listed;
  }
  await send(previous);
}

/** Removes the completion marker after every list, because the images of earlier lists may have completed the job. */
async function writeList(
  objects: readonly ListedObject[],
  job: SubmittedJob,
  { store, location: { bucket, prefix }, now, uniqueId }: SubmitPorts,
): Promise<void> {
  const time = now();
  const rows = objects.map(({ bucket: imageBucket, key, versionId, etag, size }) => ({
    ...job,
    bucket: imageBucket,
    key,
    version: versionId ?? null,
    etag,
    bytes: size,
    submitted_at: time,
  }));
  const list = { bucket, key: underPrefix(prefix, jobListKey(job.job, time, uniqueId())) };
  const marker = { bucket, key: underPrefix(prefix, jobMarkerKey(job.job)) };
  await store.write(list, encodeListedImages(rows)).catch(failTo('write', list));
  await store.remove(marker).catch(failTo('remove', marker));
}

function failTo(action: string, { bucket, key }: ObjectAddress): (error: unknown) => never {
  return (error) => {
    const { reason, message, cause } = Failure.from(error);
    throw new Failure(reason, `cannot ${action} ${key} in ${bucket}: ${message}`, { cause });
  };
}

async function* inLists<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let list: T[] = [];
  for await (const item of items) {
    list.push(item);
    if (list.length < size) continue;
    yield list;
    list = [];
  }
  if (list.length > 0) yield list;
}
