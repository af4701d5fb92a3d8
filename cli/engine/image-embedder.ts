import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { untilAborted } from '../../shared/flow/until-aborted.ts';
import type { CropTensor } from '../../shared/images/crop-tensor.ts';
import { openCropper } from '../../shared/images/cropper/image-cropper.ts';
import { decodePool } from '../../shared/images/decode/decode-pool.ts';
import type { CroppedImage } from '../../shared/images/preprocess/crop-image.ts';
import { type Scorer, scoreCrops } from '../../shared/inference/score-crops.ts';
import { topK } from '../../shared/inference/top-k.ts';
import { boxText } from '../../shared/regions/box-text.ts';
import type { Box } from '../../shared/regions/region.ts';
import type { ScoredLabel } from '../../shared/rows/row.ts';
import { localLimits } from './local-limits.ts';
import { type ReadableImage, readAndDecode } from './read-and-decode.ts';

/** The embedding and labels of one image. */
export interface EmbeddedImage extends Omit<CroppedImage, 'tensor'> {
  readonly embedding: Float32Array;
  /** The five most probable labels, most probable first. */
  readonly top: readonly ScoredLabel[];
}

/** Computes single images with an open session. Calls at the same time share cores and memory. */
export interface ImageEmbedder {
  /**
   * Computes what the pipeline would store for an image.
   * @param signal aborted to stop
   * @throws {Failure} if the image cannot be read or decoded; the reason of the signal
   */
  embed(image: ReadableImage, signal?: AbortSignal): Promise<EmbeddedImage>;
  /**
   * Computes a box of an image as the pipeline computes the regions that it proposes; otherwise as `embed`.
   * @param box in pixels of the upright image
   * @throws {UserError} if the box is not inside the image
   */
  embedBox(image: ReadableImage, box: Box): Promise<EmbeddedImage>;
  /** Ends the processes that decode; the session stays open. */
  close(): Promise<void>;
}

export interface ImageEmbedderOptions extends Scorer {
  /** Images decoded at the same time. */
  readonly decoders: number;
}

export function openImageEmbedder({ decoders, ...scorer }: ImageEmbedderOptions): ImageEmbedder {
  const { labels, preprocess: rule } = scorer.model.manifest;
  const pool = decodePool(decoders, localLimits);
  const cropper = openCropper({ rule, limits: localLimits, pool });

  async function embed(image: ReadableImage, signal: AbortSignal | undefined): Promise<EmbeddedImage> {
    const { tensor, ...cropped } = await readAndDecode(image, pool, (bytes, how) => cropper.crop(bytes, how), signal);
    signal?.throwIfAborted();
    return { ...cropped, ...(await scored(tensor)) };
  }

  async function scored(
    crops: Pick<CropTensor, 'count' | 'pixels'>,
  ): Promise<Pick<EmbeddedImage, 'embedding' | 'top'>> {
    const { embeddings, probabilities } = await scoreCrops([crops], scorer);
    const top = topK(probabilities, labels, 5);
    if (!Number.isFinite(top[0]?.probability)) {
      throw new Failure('internal', 'the network gave no finite probability for this image');
    }
    return { embedding: embeddings, top };
  }

  return {
    async embed(image, signal) {
      signal?.throwIfAborted();
      try {
        return await untilAborted(embed(image, signal), signal, () => new Failure('timeout', 'stopped'));
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      }
    },
    async embedBox(image, box) {
      const cut = await readAndDecode(image, pool, (bytes, how) => cropper.cut(bytes, [box], how));
      const { tensor: _, regions, ...cropped } = cut;
      const [pixels] = regions?.pixels ?? [];
      if (pixels !== undefined) return { ...cropped, ...(await scored({ count: 1, pixels })) };
      const size = `${cropped.width} × ${cropped.height} pixels`;
      throw new UserError(`box ${boxText(box)} is not inside the image, which has ${size}`);
    },
    close: () => cropper.close(),
  };
}
