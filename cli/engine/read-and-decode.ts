import { maxAttempts } from '../../shared/deployment/defaults.ts';
import { retry } from '../../shared/flow/retry.ts';
import type { DecodeOptions } from '../../shared/images/cropper/image-decoder.ts';
import type { DecodePool } from '../../shared/images/decode/decode-pool.ts';
import { localLimits } from './local-limits.ts';

/** An image that can be read. */
export interface ReadableImage {
  /** Bytes, or an estimate: how much of the memory for files the image takes. */
  readonly size: number;
  /** @throws {Failure} */
  read(maxBytes: number): Promise<Uint8Array>;
}

/**
 * Reads an image when its turn comes, and decodes it. Transient failures are retried.
 * @param decode also the work that follows while the image has its turn
 * @param signal aborted to stop
 * @throws {Failure} if the image cannot be read or decoded; the reason of the signal
 */
export function readAndDecode<T>(
  image: ReadableImage,
  pool: Pick<DecodePool, 'inTurn' | 'holdFile'>,
  decode: (bytes: Uint8Array, options: DecodeOptions) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  // After a failed attempt, the image may crash or stall what decodes it.
  let isSuspect = false;
  const attempt = async () => {
    const bytes = await image.read(localLimits.maxBytes);
    return decode(bytes, { isSuspect, ...(signal && { signal }) });
  };
  const onFailure = () => {
    isSuspect = true;
  };
  return pool.inTurn(() =>
    pool.holdFile(image.size, () => {
      signal?.throwIfAborted(); // the turn may come late
      return retry(attempt, { attempts: maxAttempts, signal, onFailure });
    }),
  );
}
