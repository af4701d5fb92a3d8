import { availableParallelism } from 'node:os';
import { openSession } from '../../shared/inference/open-session.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import type { Box } from '../../shared/regions/region.ts';
import { type EmbeddedImage, openImageEmbedder } from './image-embedder.ts';

/** A loaded model for single images. */
export interface OpenedEmbedder {
  readonly model: Model;
  /**
   * Computes what the pipeline would store for these bytes.
   * @throws {Failure} for a fault of the content
   */
  embed(bytes: Uint8Array): Promise<EmbeddedImage>;
  /**
   * Computes a box of the image as the pipeline computes the regions that it proposes.
   * @param box in pixels of the upright image
   * @throws {Failure} for a fault of the content; {UserError} if the box is not inside the image
   */
  embedBox(bytes: Uint8Array, box: Box): Promise<EmbeddedImage>;
  close(): Promise<void>;
}

/** Opens a model for single images, on the CPU. */
export async function openEmbedder(model: Model): Promise<OpenedEmbedder> {
  const session = await openSession(model, { threads: 1 });
  const embedder = openImageEmbedder({ model, session, batchSize: 8, decoders: availableParallelism() });
  const readable = (bytes: Uint8Array) => ({ size: bytes.byteLength, read: async () => bytes });
  return {
    model,
    embed: (bytes) => embedder.embed(readable(bytes)),
    embedBox: (bytes, box) => embedder.embedBox(readable(bytes), box),
    async close() {
      await embedder.close();
      await session.close();
    },
  };
}
