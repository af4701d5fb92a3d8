import { Failure } from '../../failures/failure.ts';
import type { Preprocess } from '../../models/model-manifest.ts';
import type { DecodePool } from '../decode/decode-pool.ts';
import type { DecodeLimits } from '../decode/identify.ts';
import { type CroppedImage, cropImage } from '../preprocess/crop-image.ts';

export interface CropOptions {
  /**
   * Whether an earlier attempt to process this image did not end well: it may crash, stall or fill the process that decodes
   * it, so it is decoded in another process. @default false
   */
  readonly isSuspect?: boolean;
  /** Aborted to stop waiting for this image. */
  readonly signal?: AbortSignal;
}

/** Makes crops of images, each within limits of time and memory. */
export interface ImageCropper {
  /**
   * Makes the crops of one image, see `cropImage`; waits for a core and for memory.
   * @throws {Failure} as `cropImage` does; `timeout` if the signal is aborted, or the signal's reason if it is a Failure;
   *   `too_slow` or `too_many_pixels` if decoding takes more time or memory than the limit
   */
  crop(bytes: Uint8Array, options?: CropOptions): Promise<CroppedImage>;
  /** Ends the processes that decode; images in progress fail. */
  close(): Promise<void>;
}

export interface CropperInput {
  readonly rule: Preprocess;
  readonly limits: DecodeLimits;
  /** Cores and memory, which croppers may share. */
  readonly pool: Pick<DecodePool, 'decode' | 'memory'>;
}

/** Opens a cropper for one model. */
export function openCropper({ rule, limits, pool }: CropperInput): ImageCropper {
  return {
    crop: (bytes, { signal } = {}) =>
      untilAborted(
        pool.decode(() => cropImage(bytes, rule, limits, pool.memory)),
        signal,
      ),
    async close() {},
  };
}

/** Waits for work until the signal is aborted; the work itself goes on. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = () => reject(abortFailure(signal));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function abortFailure({ reason }: AbortSignal): Failure {
  if (reason instanceof Failure) return reason;
  return new Failure('timeout', 'decoding was stopped before it ended', { cause: reason });
}
