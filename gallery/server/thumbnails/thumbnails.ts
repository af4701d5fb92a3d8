import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Semaphore } from 'async-mutex';
import { Failure } from '../../../shared/failures/failure.ts';
import type { ImageDecoder } from '../../../shared/images/cropper/image-decoder.ts';
import type { DecodePool } from '../../../shared/images/decode/decode-pool.ts';
import type { DecodeLimits } from '../../../shared/images/decode/identify.ts';
import type { ThumbnailSize } from '../../../shared/images/preprocess/make-thumbnail.ts';
import type { ObjectAddress, ObjectStore } from '../../../shared/stores/ports.ts';
import type { ImageAddress } from '../catalogue/image-detail.ts';
import type { ObjectChange, ObjectState } from '../responses.ts';
import type { DiskCache } from './disk-cache.ts';
import { SharedWork } from './shared-work.ts';

export interface Thumbnail {
  readonly webp: Uint8Array;
  /** Whether it was made from the classified bytes, so that it can be cached forever. */
  readonly isFinal: boolean;
}

export interface Thumbnails {
  /**
   * Returns the cached thumbnail of an image, or makes it; decoding ends when no client needs it any more.
   * @param signal aborted when the client no longer needs the thumbnail
   * @throws {Failure} if the object is gone or cannot be decoded
   */
  get(address: ImageAddress, size: ThumbnailSize, signal: AbortSignal): Promise<Thumbnail>;
  /**
   * Whether an object is known to be no longer the classified one: a file by its etag, an object in S3 if a thumbnail was made
   * of it. Reads no bytes.
   */
  knownChange(address: ImageAddress): Promise<ObjectChange | undefined>;
  /** Reads the object to check whether it is still the classified one. */
  objectState(address: ImageAddress): Promise<ObjectState>;
}

/** Where the images are. */
export interface ImageObjects extends Pick<ObjectStore, 'read'> {
  /** The etag of an object if that is free, as for a file; undefined if it would take a billed request. */
  etag?(address: ObjectAddress): Promise<string | undefined>;
}

export interface ThumbnailPorts {
  readonly objects: ImageObjects;
  /** Whether the images were moved after classification, so that etags cannot be compared. */
  readonly isMoved?: boolean;
  readonly cache: DiskCache;
  readonly limits: DecodeLimits & { readonly maxBytes: number };
  /** Limits the memory for files. */
  readonly pool: Pick<DecodePool, 'holdFile'>;
  /** Whoever opens it closes it. */
  readonly decoder: Pick<ImageDecoder, 'decode'>;
}

/** One decode per core, and two reads meanwhile. */
const maxConcurrent = availableParallelism() + 2;

/** Images whose change is remembered. */
const maxChanges = 10_000;

const notNeeded = () => new Failure('timeout', 'the client no longer needs this thumbnail');

export function openThumbnails({ objects, cache, limits, pool, decoder, isMoved = false }: ThumbnailPorts): Thumbnails {
  const semaphore = new Semaphore(maxConcurrent);
  // Two tiles may show one image, classified by two models.
  const making = new SharedWork<Thumbnail>();
  const changes = new Map<string, ObjectChange>();
  const remember = ({ imageId }: ImageAddress, change: ObjectChange | undefined) => {
    changes.delete(imageId);
    if (change !== undefined) changes.set(imageId, change);
    for (const oldest of changes.keys()) {
      if (changes.size <= maxChanges) break;
      changes.delete(oldest);
    }
  };
  const changeOf = (address: ImageAddress, etag: string): ObjectChange | undefined =>
    isMoved || address.etag === null || etag === address.etag ? undefined : 'other';

  const make = async (address: ImageAddress, size: ThumbnailSize, signal: AbortSignal): Promise<Thumbnail> =>
    pool.holdFile(address.bytes ?? limits.maxBytes, async () => {
      if (signal.aborted) throw notNeeded();
      const { bytes, etag } = await objects.read(address, limits);
      remember(address, changeOf(address, etag));
      const thumbnail = await decoder.decode(bytes, { kind: 'thumbnail', size }, { signal });
      if (thumbnail.kind !== 'thumbnail')
        throw new Failure('internal', `expected a thumbnail, got a ${thumbnail.kind}`);
      return { webp: thumbnail.webp, isFinal: etag === address.etag };
    });
  return {
    async get(address, size, signal) {
      const name = `${createHash('sha256').update(address.imageId).digest('hex')}-${size}.webp`;
      const cached = await cache.get(name);
      if (cached !== undefined) return { webp: cached, isFinal: true };
      const work = (stop: AbortSignal) =>
        semaphore.runExclusive(async () => {
          if (stop.aborted) throw notNeeded();
          const made = await make(address, size, stop);
          if (made.isFinal) await cache.put(name, made.webp);
          return made;
        });
      return making.do(name, work, { client: signal, failure: notNeeded });
    },
    async knownChange(address) {
      if (isMoved || objects.etag === undefined) return changes.get(address.imageId);
      try {
        const etag = await objects.etag(address);
        return etag === undefined ? changes.get(address.imageId) : changeOf(address, etag);
      } catch (error) {
        return Failure.from(error).reason === 'object_gone' ? 'gone' : undefined;
      }
    },
    async objectState(address) {
      return semaphore.runExclusive(async () => {
        try {
          const { etag } = await objects.read(address, limits);
          if (address.etag === null) return { state: 'unknown', detail: 'it was never read, so it cannot be compared' };
          if (etag === address.etag) return { state: 'same', detail: '' };
          if (isMoved) return { state: 'unknown', detail: 'it was moved, so it cannot be compared' };
          return {
            state: 'other',
            detail: 'it was overwritten after classification, and the picture shows the current file',
          };
        } catch (error) {
          const { reason, message } = Failure.from(error);
          return { state: reason === 'object_gone' ? 'gone' : 'unreadable', detail: message };
        }
      });
    },
  };
}
