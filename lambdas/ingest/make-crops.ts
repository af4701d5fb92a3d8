import type { CropMessage } from '../../shared/crops/crop-message.ts';
import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { preprocess } from '../../shared/images/preprocess/preprocess.ts';
import type { IngestPorts } from './ports.ts';

/**
 * Makes the crops of one uploaded object.
 * @param upload whose etag and version are those of `bytes`
 * @throws {Failure} for a fault of the content
 */
export async function makeCrops(
  { bucket, key, versionId, etag = '', job, sequencer, eventTime }: UploadEvent,
  bytes: Uint8Array,
  { model, limits, load, now }: Pick<IngestPorts, 'model' | 'limits' | 'load' | 'now'>,
): Promise<CropMessage> {
  const { count, pixels, width, height, format } = await preprocess(bytes, model.rule, limits, load.memory);
  const { crop, scale, mean } = model.rule;
  return {
    image: { bucket, key, etag, versionId },
    job,
    width,
    height,
    format,
    bytes: bytes.byteLength,
    preprocess: model.preprocess,
    sequencer,
    eventTime,
    ingestedAt: now(),
    tensor: { count, height: crop.height, width: crop.width, scale, zeroPoint: mean, pixels },
  };
}
