import type { UploadEvent } from '../../shared/events/upload-event.ts';
import type { Failure } from '../../shared/failures/failure.ts';
import { imageId } from '../../shared/images/image.ts';
import type { DeletedRow, RejectedRow } from '../../shared/rows/row.ts';
import type { IngestPorts } from './ports.ts';

/** The row of an upload that could not be cropped. */
export function rejectedRow(event: UploadEvent, failure: Failure, ports: IngestPorts): RejectedRow {
  const { etag = '', versionId, size } = event;
  return {
    ...origin(event, ports),
    image_id: imageId({ ...event, etag }),
    version: versionId ?? null,
    etag: etag === '' ? null : etag,
    status: 'rejected',
    reason: failure.reason,
    detail: failure.message,
    bytes: size ?? null,
  };
}

/** The row that marks earlier rows as deleted: those of one version, or all of the key up to then. */
export function deletedRow(event: UploadEvent, ports: IngestPorts): DeletedRow {
  const { bucket, key, versionId, sequencer, eventTime } = event;
  return {
    ...origin(event, ports),
    image_id: imageId({ bucket, key, etag: `deleted-${versionId ?? sequencer ?? eventTime.toISOString()}` }),
    version: versionId ?? null,
    etag: null,
    status: 'deleted',
    reason: null,
    detail: null,
    bytes: null,
  };
}

function origin({ bucket, key, job, sequencer, eventTime }: UploadEvent, { model, now }: IngestPorts) {
  return {
    bucket,
    key,
    job,
    model: model.id,
    preprocess: model.preprocess,
    sequencer: sequencer ?? null,
    event_time: eventTime,
    ingested_at: now(),
  };
}
