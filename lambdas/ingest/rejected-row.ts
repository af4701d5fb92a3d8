import type { Failure } from '../../shared/failure.ts';
import { imageId } from '../../shared/image.ts';
import type { RejectedRow } from '../../shared/results/row.ts';
import type { UploadEvent } from '../../shared/upload-event.ts';
import type { IngestPorts } from './ports.ts';

/** The row of an upload that became no crop. */
export function rejectedRow(event: UploadEvent, failure: Failure, { model, now }: IngestPorts): RejectedRow {
  const { bucket, key, versionId, etag = '', size, job, sequencer, eventTime } = event;
  return {
    image_id: imageId({ bucket, key, etag, versionId }),
    bucket,
    key,
    version: versionId ?? null,
    etag: etag === '' ? null : etag,
    job,
    status: 'rejected',
    reason: failure.reason,
    detail: failure.message,
    model: model.id,
    preprocess: model.preprocess,
    bytes: size ?? null,
    sequencer: sequencer ?? null,
    event_time: eventTime,
    ingested_at: now(),
  };
}
