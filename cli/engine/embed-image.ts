import { availableParallelism } from 'node:os';
import { openCropper } from '../../shared/images/cropper/image-cropper.ts';
import { decodePool } from '../../shared/images/decode/decode-pool.ts';
import type { CroppedImage } from '../../shared/images/preprocess/crop-image.ts';
import { openSession } from '../../shared/inference/open-session.ts';
import { scoreCrops } from '../../shared/inference/score-crops.ts';
import { topK } from '../../shared/inference/top-k.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import type { ScoredLabel } from '../../shared/rows/row.ts';
import { localLimits } from './local-limits.ts';

/** The embedding and labels of one image. */
export interface EmbeddedImage extends Omit<CroppedImage, 'tensor'> {
  readonly embedding: Float32Array;
  /** The five most probable labels, most probable first. */
  readonly top: readonly ScoredLabel[];
}

/** A loaded model for single images. */
export interface ImageEmbedder {
  readonly model: Model;
  /**
   * Computes what the pipeline would store for these bytes.
   * @throws {Failure} for a fault of the content
   */
  embed(bytes: Uint8Array): Promise<EmbeddedImage>;
  close(): Promise<void>;
}

/** Opens a model for single images, on the CPU. */
export async function openEmbedder(model: Model): Promise<ImageEmbedder> {
  const session = await openSession(model, { threads: 1 });
  const pool = decodePool(availableParallelism(), localLimits);
  const { labels, preprocess: rule } = model.manifest;
  const cropper = openCropper({ rule, limits: localLimits, pool });
  return {
    model,
    async embed(bytes) {
      const { tensor, ...image } = await cropper.crop(bytes);
      const { embeddings, probabilities } = await scoreCrops([tensor], { model, session, batchSize: 8 });
      return { ...image, embedding: embeddings, top: topK(probabilities, labels, 5) };
    },
    async close() {
      await cropper.close();
      await session.close();
    },
  };
}
