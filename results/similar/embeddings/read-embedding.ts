import { UserError } from '../../../shared/failures/user-error.ts';
import type { Results } from '../../open/open-results.ts';
import { type EmbeddingSpace, embeddedRowsSql } from './embedded-images.ts';
import { vectorsOf } from './vector-chunk.ts';

/**
 * Reads the embedding of an image from the results.
 * @throws {UserError} if the model has no embedding of it
 */
export async function readEmbedding(
  results: Results,
  imageId: string,
  { model, preprocess, dimensions }: EmbeddingSpace,
): Promise<Float32Array> {
  const embedding = await results.withConnection(async (connection) => {
    // Not streamed: a search may run while another one reads.
    const chunks = await connection.run(`select image_id, embedding ${embeddedRowsSql} and image_id = $imageId`, {
      model,
      preprocess,
      imageId,
    });
    for await (const chunk of chunks) {
      const { imageIds, numbers } = vectorsOf(chunk, dimensions);
      if (imageIds.length > 0) return numbers;
    }
    return undefined;
  });
  if (embedding !== undefined) return embedding;
  throw new UserError(`no embedding of ${imageId} by ${model}: it is missing in the results, rejected or deleted`);
}
