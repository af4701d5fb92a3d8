import { UserError } from '../../shared/failures/user-error.ts';
import type { Results } from '../open/open-results.ts';
import { type EmbeddingSpace, embeddedRowsSql } from './embedded-images.ts';
import { vectorsOf } from './vector-chunk.ts';

/**
 * The embedding of an image in the results.
 * @throws {UserError} where the model has none of it
 */
export async function readEmbedding(
  results: Results,
  imageId: string,
  { model, preprocess, dimensions }: EmbeddingSpace,
): Promise<Float32Array> {
  const result = await results.connection.run(`select image_id, embedding ${embeddedRowsSql} and image_id = $imageId`, {
    model,
    preprocess,
    imageId,
  });
  for await (const chunk of result) {
    const { imageIds, numbers } = vectorsOf(chunk, dimensions);
    if (imageIds.length > 0) return numbers;
  }
  throw new UserError(`no embedding of ${imageId} by ${model}: it is not in the results, was rejected or deleted`);
}
