import { Failure } from '../../failures/failure.ts';
import type { Preprocess } from '../../models/model-manifest.ts';
import { openProposer } from '../../regions/proposer.ts';
import type { Box } from '../../regions/region.ts';
import type { DecodePool } from '../decode/decode-pool.ts';
import type { CroppedImage } from '../preprocess/crop-image.ts';
import type { DecodeJob } from './decode-job.ts';
import { type DecodeOptions, type DecoderInput, openImageDecoder } from './image-decoder.ts';

/** Makes the crops of one model, each image within limits of time and memory. */
export interface ImageCropper {
  /** Makes the crops of one image, see `cropImage`. @throws {Failure} as `ImageDecoder.decode` does */
  crop(bytes: Uint8Array, options?: DecodeOptions): Promise<CroppedImage>;
  /**
   * Cuts given boxes out of an image, as the pipeline cuts proposed regions; otherwise as `crop`.
   * @param boxes in pixels of the upright image; those that are not inside it are left out of `regions`
   */
  cut(bytes: Uint8Array, boxes: readonly Box[], options?: DecodeOptions): Promise<CroppedImage>;
  /** Ends the processes that decode; their images fail. Images in this process are decoded to their end. */
  close(): Promise<void>;
}

export interface CropperInput {
  readonly rule: Preprocess;
  /** Regions are found on as many threads as it has cores. */
  readonly pool: Pick<DecodePool, 'cores'>;
}

export function openCropper({ rule, ...input }: DecoderInput & CropperInput): ImageCropper {
  const proposer = rule.regions && openProposer({ threads: input.pool.cores });
  const decoder = openImageDecoder(proposer ? { ...input, find: (search) => proposer.find(search) } : input);
  const decode = async (bytes: Uint8Array, job: DecodeJob, options?: DecodeOptions) => {
    const result = await decoder.decode(bytes, job, options);
    if (result.kind !== 'crop') throw new Failure('internal', `expected crops, got a ${result.kind}`);
    return result.image;
  };
  return {
    crop: (bytes, options) => decode(bytes, { kind: 'crop', rule }, options),
    cut(bytes, boxes, options) {
      const regions = { maximum: Math.max(1, boxes.length) };
      return decode(bytes, { kind: 'crop', rule: { ...rule, regions }, boxes }, options);
    },
    async close() {
      await Promise.all([decoder.close(), proposer?.close()]);
    },
  };
}
