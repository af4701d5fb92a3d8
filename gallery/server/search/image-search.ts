import { z } from 'zod';
import { textLiteral } from '../../../results/open/sql-text.ts';
import type { Hit } from '../../../results/similar/similarity.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { ScoredLabel } from '../../../shared/rows/row.ts';
import { hasId, itemColumns, itemOf, itemSchema } from '../catalogue/image-rows.ts';
import type { LiveCatalogue } from '../catalogue/live-catalogue.ts';
import type { SearchResponse, SimilarImage } from '../responses.ts';
import type { SimilarityCache, Space } from './similarity-cache.ts';

export interface ImageSearch {
  /** The images most like one of the results, most alike first, without itself; none where it has no embedding. */
  similarToImage(id: string, limit: number): Promise<SimilarImage[]>;
  /**
   * The images most like one that is not, and what the model takes it for.
   * @throws {Failure} for a fault of the content
   * @throws {UserError} where there is no model to compute its embedding with, or the results have none of that model
   */
  similarToBytes(bytes: Uint8Array, limit: number): Promise<SearchResponse>;
  close(): Promise<void>;
}

/** A network that computes embeddings. */
export interface Embedder {
  /** Whose embeddings in the results can be compared with its own. */
  readonly space: Space;
  embed(bytes: Uint8Array): Promise<{ readonly embedding: Float32Array; readonly top: readonly ScoredLabel[] }>;
  close(): Promise<void>;
}

export interface SearchPorts {
  readonly live: LiveCatalogue;
  readonly similarities: SimilarityCache;
  readonly embedder: Embedder | undefined;
}

export function imageSearch({ live, similarities, embedder }: SearchPorts): ImageSearch {
  return {
    async similarToImage(id, limit) {
      const [image] = await live.use(async (catalogue) =>
        wantedSchema.parse(
          await catalogue.rows(
            `select image_id, model, preprocess from images where ${hasId(id)} and status = 'classified' limit 1`,
          ),
        ),
      );
      if (image === undefined) return [];
      const hits = await similarities.ask(image, live.state.version, (similarity) =>
        similarity.nearestTo(image.image_id, { limit }),
      );
      return imagesOf(live, image, hits);
    },
    async similarToBytes(bytes, limit) {
      if (embedder === undefined) {
        throw new UserError('to search by an image, start serve with --model <dir>, the model of the results');
      }
      const { embedding, top } = await embedder.embed(bytes);
      const hits = await similarities.ask(embedder.space, live.state.version, (similarity) =>
        similarity.nearest(embedding, { limit }),
      );
      const images = await imagesOf(live, embedder.space, hits);
      return { images, top: top.map(({ label_id: labelId, label, probability }) => ({ labelId, label, probability })) };
    },
    async close() {
      await similarities.close();
      await embedder?.close();
    },
  };
}

const wantedSchema = z.array(z.object({ image_id: z.string(), model: z.string(), preprocess: z.string() }));
const itemsSchema = z.array(itemSchema);

/** Hits as the grid shows images, in their order; what is newer than the catalogue is left out. */
async function imagesOf(live: LiveCatalogue, { model, preprocess }: Space, hits: readonly Hit[]) {
  if (hits.length === 0) return [];
  const ids = hits.map(({ image_id: id }) => textLiteral(id)).join(', ');
  const rows = await live.use(async (catalogue) =>
    itemsSchema.parse(
      await catalogue.rows(
        `select ${itemColumns} from images where image_id in (${ids})
           and model = ${textLiteral(model)} and preprocess = ${textLiteral(preprocess)}`,
      ),
    ),
  );
  const byImage = new Map(rows.map((row) => [row.image_id, row]));
  return hits.flatMap(({ image_id: imageId, similarity }): SimilarImage[] => {
    const row = byImage.get(imageId);
    return row === undefined ? [] : [{ ...itemOf(row), similarity }];
  });
}
