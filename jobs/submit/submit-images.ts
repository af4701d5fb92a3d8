import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { presentSince, uploadOfObject } from '../../shared/events/upload-of-object.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { retry } from '../../shared/flow/retry.ts';
import { encodeListedImages } from '../../shared/jobs/listed-image.ts';
import { jobListKey, jobMarkerKey, type StoreLocation, underPrefix } from '../../shared/stores/keys.ts';
import type { ListedObject, ObjectAddress, ObjectStore, Queue } from '../../shared/stores/ports.ts';
import { type Sent, sendImages } from './send-images.ts';

/** What the images are submitted for. */
export interface SubmittedJob {
  readonly job: string;
  /** See `modelId`. */
  readonly model: string;
  /** See `preprocessDigest`. */
  readonly preprocess: string;
}

export interface SubmitPorts {
  /** Where lists of images are kept. */
  readonly store: Pick<ObjectStore, 'write' | 'remove'>;
  readonly location: StoreLocation;
  readonly queue: Pick<Queue<UploadEvent>, 'send'>;
  readonly now: () => Date;
  /** What no other writer ever returns. */
  readonly uniqueId: () => string;
}

export interface SubmitOptions {
  /** Images in a list; two lists are held in memory. @default 50,000 */
  readonly imagesPerList?: number;
  /** Aborted to list and send no more; what was listed already is sent by the next submission. */
  readonly stop: AbortSignal;
  /** Is counted up. */
  readonly sent: Sent;
}

/** Of writing a list. */
const attempts = 4;

/**
 * Notes images in the job's lists and sends each as a message. The list that an image is in is durable before its message
 * is sent, and so is the list after that: while there are more to come, a job is never complete.
 * @throws {Failure} when a list cannot be written, or the queue takes nothing any more
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
  let before: readonly ListedObject[] = [];
  for await (const listed of inLists(images, imagesPerList)) {
    if (stop.aborted) return;
    await retry(() => writeList(listed, job, ports), { attempts, signal: stop });
    await send(before);
    before = listed;
  }
  await send(before);
}

/** The completion marker is taken away after every list: what is done of those before may have completed the job. */
async function writeList(
  objects: readonly ListedObject[],
  job: SubmittedJob,
  { store, location: { bucket, prefix }, now, uniqueId }: SubmitPorts,
): Promise<void> {
  const time = now();
  const rows = objects.map(({ bucket: from, key, versionId, etag, size }) => ({
    ...job,
    bucket: from,
    key,
    version: versionId ?? null,
    etag,
    bytes: size,
    submitted_at: time,
  }));
  const list = { bucket, key: underPrefix(prefix, jobListKey(job.job, time, uniqueId())) };
  const marker = { bucket, key: underPrefix(prefix, jobMarkerKey(job.job)) };
  await store.write(list, encodeListedImages(rows)).catch(cannot('write', list));
  await store.remove(marker).catch(cannot('remove', marker));
}

function cannot(what: string, { bucket, key }: ObjectAddress): (error: unknown) => never {
  return (error) => {
    const { reason, message, cause } = Failure.from(error);
    throw new Failure(reason, `cannot ${what} ${key} in ${bucket}: ${message}`, { cause });
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
