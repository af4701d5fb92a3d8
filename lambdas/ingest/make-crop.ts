import type { CropMessage } from '../../shared/crop-message.ts';
import { preprocess } from '../../shared/preprocess.ts';
import type { UploadEvent } from '../../shared/upload-event.ts';
import type { IngestPorts } from './ingest.ts';

/**
 * Reads one uploaded object and makes its crop. The identity is that of the bytes that were read, which may be newer
 * than the event: a later event of the same key then repeats the same work and changes nothing.
 * @throws {Failure}
 */
export async function makeCrop(
  event: UploadEvent,
  { objects, model, limits, now }: Pick<IngestPorts, 'objects' | 'model' | 'limits' | 'now'>,
): Promise<CropMessage> {
  const { bucket, key, versionId, job, eventTime } = event;
  const object = await objects.read({ bucket, key, versionId }, limits);
  const { pixels, width, height, format } = await preprocess(object.bytes, model.rule, limits);
  const { crop, scale, mean } = model.rule;
  return {
    image: { bucket, key, etag: object.etag, versionId: object.versionId },
    job,
    width,
    height,
    format,
    bytes: object.bytes.byteLength,
    preprocess: model.preprocess,
    eventTime,
    ingestedAt: now(),
    tensor: { height: crop.height, width: crop.width, scale, zeroPoint: mean, pixels },
  };
}
