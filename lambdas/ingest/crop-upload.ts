import type { CropMessage } from '../../shared/crops/crop-message.ts';
import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { untilAborted } from '../../shared/flow/until-aborted.ts';
import type { IngestPorts } from './ports.ts';
import { lateFailure } from './time-limits.ts';

/** An upload that was read: its event with the etag, version and size of the object, and its crops or why it has none. */
export interface CroppedUpload {
  readonly event: UploadEvent;
  readonly result: CropMessage | Failure;
}

export interface CropUploadOptions {
  /** Whether an earlier attempt failed, see `CropOptions`. */
  readonly isSuspect: boolean;
  /** Aborted to stop waiting for this image. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads and crops one upload. The object may be newer than the event, so the event takes the etag, version and size of the
 * bytes that were read: a later event of the same key then gives the same result.
 */
export async function cropUpload(
  event: UploadEvent,
  ports: IngestPorts,
  options: CropUploadOptions,
): Promise<CroppedUpload> {
  const { pool, limits } = ports;
  const { signal } = options;
  if (signal?.aborted) return { event, result: lateFailure(signal.reason) };
  // An abandoned read or decoder keeps its share of the memory until it ends.
  const work = pool.holdFile(event.size ?? limits.maxBytes, () => readAndCrop(event, ports, options));
  return untilAborted(work, signal, lateFailure).catch((error: unknown) => ({ event, result: Failure.from(error) }));
}

async function readAndCrop(
  event: UploadEvent,
  { objects, limits, model, cropper, now }: IngestPorts,
  { isSuspect, signal }: CropUploadOptions,
): Promise<CroppedUpload> {
  // The turn may come after the limit.
  if (signal?.aborted) return { event, result: lateFailure(signal.reason) };
  const object = await objects.read(event, limits).catch(Failure.from);
  if (object instanceof Failure) return { event, result: object };
  const { bytes, etag, versionId, isOwned = false } = object;
  const size = bytes.byteLength;
  const seen = { ...event, etag, versionId, size };
  const crops = await cropper
    .crop(bytes, { isSuspect, isLastUse: isOwned, ...(signal && { signal }) })
    .catch(Failure.from);
  if (crops instanceof Failure) return { event: seen, result: crops };
  const { bucket, key, job, sequencer, eventTime } = event;
  return {
    event: seen,
    result: {
      ...crops,
      image: { bucket, key, etag, versionId },
      job,
      bytes: size,
      preprocess: model.preprocess,
      sequencer,
      eventTime,
      ingestedAt: now(),
    },
  };
}
