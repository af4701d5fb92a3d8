import type { CropMessage } from '../../shared/crops/crop-message.ts';
import type { Failure } from '../../shared/failures/failure.ts';
import { imageId } from '../../shared/images/image.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import type { RejectedRow } from '../../shared/rows/row.ts';

/** An image without its pixels. */
type Origin = Omit<CropMessage, 'tensor' | 'regions' | 'fault'>;

/** The row of an image that could not be classified. */
export function rejectedRow(crop: Origin, { reason, message }: Failure, model: Model): RejectedRow {
  return { ...originOf(crop, model), status: 'rejected', reason, detail: message };
}

/** The fields that all rows of an image share. */
export function originOf({ image, job, bytes, sequencer, eventTime, ingestedAt }: Origin, model: Model) {
  return {
    image_id: imageId(image),
    bucket: image.bucket,
    key: image.key,
    version: image.versionId ?? null,
    etag: image.etag,
    job,
    model: model.id,
    preprocess: model.preprocess,
    bytes,
    sequencer: sequencer ?? null,
    event_time: eventTime,
    ingested_at: ingestedAt,
  };
}
