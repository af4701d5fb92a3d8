import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import type { ObjectAddress, ObjectStore, StoredObject } from '../../../shared/stores/ports.ts';
import type { ImageSource } from './image-source.ts';

const bucket = 'images';

/** Images in progress as the objects of a bucket: keys are numbers, because two images may have the same name. */
export class PendingImages implements Pick<ObjectStore, 'read'> {
  readonly #sources = new Map<string, ImageSource>();
  #count = 0;

  /** Images added so far. */
  get count(): number {
    return this.#count;
  }

  add(source: ImageSource): UploadEvent {
    const key = String(this.#count);
    this.#count += 1;
    this.#sources.set(key, source);
    // A name is never a reason to skip an image that the caller listed.
    return { kind: 'created', bucket, key, size: source.size, eventTime: new Date(), job: 'classify', requested: true };
  }

  /** Removes an image that has an outcome; undefined if it has one already. */
  remove(key: string): ImageSource | undefined {
    const source = this.#sources.get(key);
    this.#sources.delete(key);
    return source;
  }

  async read({ key }: ObjectAddress, { maxBytes }: { maxBytes: number }): Promise<StoredObject> {
    const source = this.#sources.get(key);
    if (source === undefined) throw new Failure('object_gone', 'the image has an outcome already');
    return { bytes: await source.read(maxBytes), etag: key };
  }

  /** Ends what has not been read. */
  cancel(): void {
    for (const { cancel } of this.#sources.values()) cancel?.();
    this.#sources.clear();
  }
}
