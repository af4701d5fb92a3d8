import { z } from 'zod';
import { textLiteral } from '../../../results/open/sql-text.ts';
import type { Hit } from '../../../results/similar/search/similarity.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Box } from '../../../shared/regions/region.ts';
import type { ScoredLabel } from '../../../shared/rows/row.ts';
import { itemColumns, itemOf, itemSchema } from '../catalogue/image-rows.ts';
import type { LiveCatalogue } from '../catalogue/live-catalogue.ts';
import { hasId } from '../catalogue/row-id.ts';
import type { Score, SearchResponse, SimilarImage } from '../responses.ts';
import type { SimilarityCache, Space } from './similarity-cache.ts';

export interface ImageSearch {
  /** Nearest images to one of the results, most similar first, excluding itself; empty if it has no embedding. */
  similarToImage(id: string, limit: number): Promise<SimilarImage[]>;
  /**
   * Nearest images to an uploaded one, and its predicted labels.
   * @throws {Failure} if the bytes cannot be decoded
   * @throws {UserError} if no model was given, or the results have no embeddings of that model
   */
  similarToBytes(bytes: Uint8Array, limit: number): Promise<Omit<SearchResponse, 'hasRegions'>>;
  close(): Promise<void>;
}

/** What was computed of an image, or of a box in it. */
export interface Embedded {
  readonly embedding: Float32Array;
  readonly top: readonly ScoredLabel[];
  /** Of the upright image. */
  readonly width: number;
  readonly height: number;
}

/** Computes embeddings of uploaded images. */
export interface Embedder {
  /** The stored embeddings that its embeddings can be compared with. */
  readonly space: Space;
  /** Whether its embeddings can be compared with those of the regions in a space. */
  isForRegionsOf(space: Space): boolean;
  embed(bytes: Uint8Array): Promise<Embedded>;
  /** @param box in pixels of the upright image. @throws {UserError} if it is not inside the image */
  embedBox(bytes: Uint8Array, box: Box): Promise<Embedded>;
  close(): Promise<void>;
}

export interface SearchPorts {
  readonly live: LiveCatalogue;
  readonly similarities: SimilarityCache;
  readonly embedder: Embedder | undefined;
}

export const searchIsOff =
  'to search by image, restart serve with --model <name or directory>, the model of the results';

export const scoresOf = (top: readonly ScoredLabel[]): Score[] =>
  top.map(({ label_id: labelId, label, probability }) => ({ labelId, label, probability }));

export function imageSearch({ live, similarities, embedder }: SearchPorts): ImageSearch {
  return {
    async similarToImage(id, limit) {
      const [image] = await live.use(async (catalogue) =>
        spacesSchema.parse(
          await catalogue.rows(
            `select image_id, model, preprocess from images where ${hasId(id)} and status = 'classified' limit 1`,
          ),
        ),
      );
      if (image === undefined) return [];
      const hits = await similarities.query(image, live.state.version, (similarity) =>
        similarity.nearestTo(image.image_id, { limit }),
      );
      return imagesOf(live, image, hits);
    },
    async similarToBytes(bytes, limit) {
      if (embedder === undefined) throw new UserError(searchIsOff);
      const { embedding, top } = await embedder.embed(bytes);
      const hits = await similarities.query(embedder.space, live.state.version, (similarity) =>
        similarity.nearest(embedding, { limit }),
      );
      const images = await imagesOf(live, embedder.space, hits);
      return { images, top: scoresOf(top) };
    },
    async close() {
      await similarities.close();
      await embedder?.close();
    },
  };
}

const spacesSchema = z.array(z.object({ image_id: z.string(), model: z.string(), preprocess: z.string() }));
const itemsSchema = z.array(itemSchema);

/** Hits as grid items, in the same order, without images newer than the catalogue. */
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
