import { exactSearch, MetricKind } from 'usearch';
import type { Results } from '../../results/open/open-results.ts';
import { type EmbeddingSpace, embeddedRowsSql } from '../../results/similar/embeddings/embedded-images.ts';
import { vectorsOf } from '../../results/similar/embeddings/vector-chunk.ts';
import type { Hit } from '../../results/similar/search/similarity.ts';

/** Exact nearest neighbors of many embeddings, in one pass over the results. */
export async function exactNearest(
  results: Results,
  { model, preprocess, dimensions }: EmbeddingSpace,
  embeddings: readonly Float32Array[],
  limit: number,
): Promise<Hit[][]> {
  const best = embeddings.map((): Hit[] => []);
  const chunks = results.streamChunks(`select image_id, embedding ${embeddedRowsSql}`, {
    model,
    preprocess,
  });
  for await (const chunk of chunks) {
    const { imageIds, numbers } = vectorsOf(chunk, dimensions);
    const k = Math.min(limit, imageIds.length);
    const matches = exactSearch(numbers, [...embeddings], dimensions, k, MetricKind.Cos);
    for (const [query, hits] of best.entries()) {
      for (let match = query * k; match < (query + 1) * k; match += 1) {
        hits.push({
          image_id: imageIds[Number(matches.keys[match])] ?? '',
          similarity: 1 - (matches.distances[match] ?? Number.NaN),
        });
      }
      hits.sort((a, b) => b.similarity - a.similarity).splice(limit);
    }
  }
  return best;
}
