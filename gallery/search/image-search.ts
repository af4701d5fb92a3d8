import { z } from 'zod';
import type { Results } from '../../query/open-results.ts';
import type { Hit, Similarity } from '../../query/similar/similarity.ts';
import { textLiteral } from '../../query/sql-text.ts';
import { UserError } from '../../shared/user-error.ts';
import type { SimilarImage } from '../answers.ts';
import { hasId, itemColumns, itemOf, itemSchema } from '../catalogue/image-rows.ts';
import type { Catalogue } from '../catalogue/open-catalogue.ts';

export interface ImageSearch {
  /** The images most like one that is in the results, most alike first, without itself; none where it has no embedding. */
  likeImage(catalogue: Catalogue, id: string, limit: number): Promise<SimilarImage[]>;
  /**
   * The images most like one that is not.
   * @throws {Failure} for a fault of the content
   * @throws {UserError} where there is no model to compute its embedding with
   */
  likeBytes(catalogue: Catalogue, bytes: Uint8Array, limit: number): Promise<SimilarImage[]>;
}

/** A network that computes embeddings. */
export interface Embedder {
  /** `name@digest`, as rows have it. */
  readonly model: string;
  embed(bytes: Uint8Array): Promise<Float32Array>;
}

export interface SearchPorts {
  readonly openSimilarity: (results: Results, model: string) => Promise<Similarity>;
  readonly embedder: Embedder | undefined;
}

export function imageSearch({ openSimilarity, embedder }: SearchPorts): ImageSearch {
  // With the catalogue that they search, these are forgotten and closed.
  const opened = new WeakMap<Catalogue, Map<string, Promise<Similarity>>>();

  const similarityOf = (catalogue: Catalogue, model: string): Promise<Similarity> => {
    const byModel = opened.get(catalogue) ?? new Map<string, Promise<Similarity>>();
    opened.set(catalogue, byModel);
    const known = byModel.get(model);
    if (known !== undefined) return known;
    const similarity = openSimilarity(catalogue.results, model);
    byModel.set(model, similarity);
    similarity.then(
      (open) => catalogue.beforeClose(() => open.close()),
      () => byModel.delete(model), // whoever asked sees the fault, and the next one tries again
    );
    return similarity;
  };
  return {
    async likeImage(catalogue, id, limit) {
      const [image] = wantedSchema.parse(
        await catalogue.rows(`select image_id, model, status, label from images where ${hasId(id)} limit 1`),
      );
      if (image?.label == null) return [];
      const similarity = await similarityOf(catalogue, image.model);
      const hits = await similarity.nearestTo(image.image_id, { limit: limit + 1 });
      const others = hits.filter((hit) => hit.image_id !== image.image_id).slice(0, limit);
      return imagesOf(catalogue, similarity, others);
    },
    async likeBytes(catalogue, bytes, limit) {
      if (embedder === undefined) {
        throw new UserError('to search by an image, start serve with --model <dir>, the model of the results');
      }
      const embedding = await embedder.embed(bytes);
      const similarity = await similarityOf(catalogue, embedder.model);
      return imagesOf(catalogue, similarity, await similarity.nearest(embedding, { limit }));
    },
  };
}

const wantedSchema = z.array(z.object({ image_id: z.string(), model: z.string(), label: z.string().nullable() }));
const itemsSchema = z.array(itemSchema);

async function imagesOf(catalogue: Catalogue, similarity: Similarity, hits: readonly Hit[]): Promise<SimilarImage[]> {
  if (hits.length === 0) return [];
  const rows = itemsSchema.parse(
    await catalogue.rows(
      `select ${itemColumns} from images where image_id in (${hits.map(({ image_id: id }) => textLiteral(id)).join(', ')})
         and model = ${textLiteral(similarity.model)} and preprocess = ${textLiteral(similarity.preprocess)}`,
    ),
  );
  const byImage = new Map(rows.map((row) => [row.image_id, row]));
  return hits.flatMap(({ image_id: imageId, similarity: cosine }) => {
    const row = byImage.get(imageId);
    return row === undefined || row.status === 'deleted' ? [] : [{ ...itemOf(row), similarity: cosine }];
  });
}
