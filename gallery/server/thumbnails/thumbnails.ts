import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Semaphore } from 'async-mutex';
import { Failure } from '../../../shared/failures/failure.ts';
import type { DecodePool } from '../../../shared/images/decode/decode-pool.ts';
import type { DecodeLimits } from '../../../shared/images/decode/identify.ts';
import type { ObjectStore } from '../../../shared/stores/ports.ts';
import type { ImageAddress } from '../catalogue/image-detail.ts';
import type { ObjectState } from '../responses.ts';
import type { DiskCache } from './disk-cache.ts';
import { makeThumbnail, type ThumbnailSize } from './make-thumbnail.ts';

export interface Thumbnail {
  readonly webp: Uint8Array;
  /** Whether it is of the very bytes that the result is of, and so will never be another. */
  readonly isFinal: boolean;
}

export interface Thumbnails {
  /**
   * A small picture of an image, made once.
   * @param signal ends the wait of somebody who has scrolled on
   * @throws {Failure} where there is no such object any more, or no picture in it
   */
  get(address: ImageAddress, size: ThumbnailSize, signal: AbortSignal): Promise<Thumbnail>;
  /** Reads the object that is there now to say whether it is the one that was classified. */
  stateOf(address: ImageAddress): Promise<ObjectState>;
}

export interface ThumbnailPorts {
  readonly objects: Pick<ObjectStore, 'read'>;
  /** Whether images are read elsewhere than where they were classified: what etags are there tells nothing. */
  readonly moved?: boolean;
  readonly cache: DiskCache;
  readonly limits: DecodeLimits & { readonly maxBytes: number };
  /** The memory that files and pictures may take. */
  readonly pool: Pick<DecodePool, 'holdFile' | 'memory'>;
}

/** Decoding takes a core each, reading hardly any. */
const parallel = availableParallelism() + 2;

export function openThumbnails({ objects, cache, limits, pool, moved = false }: ThumbnailPorts): Thumbnails {
  const room = new Semaphore(parallel);
  const making = new Map<string, Promise<Thumbnail>>();

  const make = async (address: ImageAddress, size: ThumbnailSize, name: string): Promise<Thumbnail> => {
    const { webp, isFinal } = await pool.holdFile(address.bytes ?? limits.maxBytes, async () => {
      const { bytes, etag } = await objects.read(address, limits);
      return { webp: await makeThumbnail(bytes, size, limits, pool.memory), isFinal: etag === address.etag };
    });
    if (isFinal) await cache.put(name, webp);
    return { webp, isFinal };
  };
  return {
    async get(address, size, signal) {
      const name = `${createHash('sha256').update(address.imageId).digest('hex')}-${size}.webp`;
      const kept = await cache.get(name);
      if (kept !== undefined) return { webp: kept, isFinal: true };
      // Two tiles may be of one image, by two models.
      const begun = making.get(name);
      if (begun !== undefined) return begun;
      return room.runExclusive(() => {
        if (signal.aborted) throw new Failure('timeout', 'nobody waits for this picture any more');
        const made = making.get(name) ?? make(address, size, name);
        making.set(name, made);
        return made.finally(() => making.delete(name));
      });
    },
    async stateOf(address) {
      return room.runExclusive(async () => {
        try {
          const { etag } = await objects.read(address, limits);
          if (address.etag === null)
            return { state: 'unknown', detail: 'the result is of an object that was not read' };
          if (etag === address.etag) return { state: 'same', detail: '' };
          if (moved) return { state: 'unknown', detail: 'it was moved: nobody knows whether it is the same file' };
          return {
            state: 'other',
            detail: 'it was overwritten after it was classified: the picture is of what is there now',
          };
        } catch (error) {
          const { reason, message } = Failure.from(error);
          return { state: reason === 'object_gone' ? 'gone' : 'unreadable', detail: message };
        }
      });
    },
  };
}
