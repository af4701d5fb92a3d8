import { z } from 'zod';
import type { Results } from '../../../results/open/open-results.ts';
import { textLiteral } from '../../../results/open/sql-text.ts';
import { nearestRegions, type RegionHit } from '../../../results/similar/regions/nearest-regions.ts';
import { readRegion } from '../../../results/similar/regions/read-region.ts';
import { regionSpaces } from '../../../results/similar/regions/stored-regions.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Box } from '../../../shared/regions/region.ts';
import { itemColumns, itemOf, itemSchema } from '../catalogue/image-rows.ts';
import type { LiveCatalogue } from '../catalogue/live-catalogue.ts';
import { hasId } from '../catalogue/row-id.ts';
import { storedRegionsSchema } from '../catalogue/stored-regions.ts';
import type { ImageRegion, RegionSearchResponse, SimilarRegion } from '../responses.ts';
import { type Embedder, scoresOf, searchIsOff } from './image-search.ts';
import type { Space } from './similarity-cache.ts';
import { versionedCache } from './versioned-cache.ts';

export interface RegionSearch {
  /**
   * Nearest regions of other images to a region of the results, most similar first. Exact: it compares every region of the
   * model.
   * @param id of the image
   * @param region number in the list of the image, from 1
   * @returns undefined if the results have no such region
   * @throws {UserError} if the embedding of the region is missing
   */
  similarToRegion(id: string, region: number, limit: number): Promise<SimilarRegion[] | undefined>;
  /** Whether the results have regions with which uploaded images can be compared. */
  canCompareBytes(): Promise<boolean>;
  /**
   * Nearest regions to an uploaded image, or to a box in it, and its predicted labels. Exact, as above.
   * @param box in pixels of the upright image
   * @throws {Failure} if the bytes cannot be decoded
   * @throws {UserError} if no model was given, the results have no regions of it, or the box is not inside the image
   */
  similarToBytes(bytes: Uint8Array, box: Box | undefined, limit: number): Promise<RegionSearchResponse>;
  close(): Promise<void>;
}

export interface RegionSearchPorts {
  readonly live: LiveCatalogue;
  readonly embedder: Embedder | undefined;
  /** Opens the results with `regionEmbeddings`. */
  readonly openResults: () => Promise<Results>;
}

/** Opens its own connection to the results, because a search may take seconds and must not block the grid. */
export function openRegionSearch({ live, embedder, openResults }: RegionSearchPorts): RegionSearch {
  const cache = versionedCache<Results>();
  const inResults = <T>(query: (results: Results) => Promise<T>) =>
    cache.use({ key: 'regions', version: live.state.version, open: openResults }, query);
  return {
    async similarToRegion(id, number, limit) {
      const query = await findRegion(live, id, number);
      if (query === undefined) return undefined;
      const hits = await inResults(async (results) => {
        const embedding = await readRegion(results, query.space, query.imageId, query.box);
        return nearestRegions(results, query.space, embedding, { limit, except: query.imageId });
      });
      return describe(live, query.space, hits);
    },
    async canCompareBytes() {
      if (embedder === undefined) return false;
      const stored = await live.use(async (catalogue) =>
        spacesSchema.parse(
          await catalogue.rows(
            'select distinct model, preprocess from images where n in (select n from image_regions)',
          ),
        ),
      );
      return stored.some((space) => embedder.isForRegionsOf(space));
    },
    async similarToBytes(bytes, box, limit) {
      if (embedder === undefined) throw new UserError(searchIsOff);
      const stored = await inResults(regionSpaces);
      const space = stored.find((each) => embedder.isForRegionsOf(each));
      if (space === undefined) {
        throw new UserError(`no regions of ${embedder.space.model}: classify the images with "run --regions 100"`);
      }
      const query = box === undefined ? await embedder.embed(bytes) : await embedder.embedBox(bytes, box);
      const hits = await inResults((results) => nearestRegions(results, space, query.embedding, { limit }));
      const { top, width, height } = query;
      return { regions: await describe(live, space, hits), top: scoresOf(top), width, height };
    },
    close: () => cache.close(),
  };
}

const spacesSchema = z.array(z.object({ model: z.string(), preprocess: z.string() }));
const queriesSchema = z.array(
  z.object({ image_id: z.string(), model: z.string(), preprocess: z.string(), regions: storedRegionsSchema }),
);

interface RegionQuery {
  readonly imageId: string;
  readonly space: Space;
  readonly box: ImageRegion;
}

async function findRegion(live: LiveCatalogue, id: string, number: number): Promise<RegionQuery | undefined> {
  const [row] = await live.use(async (catalogue) =>
    queriesSchema.parse(
      await catalogue.rows(
        `select image_id, model, preprocess, regions from results
         where (image_id, model, preprocess) in (select (image_id, model, preprocess) from images where ${hasId(id)})`,
      ),
    ),
  );
  const box = row?.regions?.[number - 1];
  if (row === undefined || box === undefined) return undefined;
  const { image_id: imageId, model, preprocess } = row;
  return { imageId, space: { model, preprocess }, box };
}

const describedSchema = z.array(itemSchema.extend({ width: z.number(), height: z.number() }));

/** Hits with their images, in the same order, without images newer than the catalogue. */
async function describe(live: LiveCatalogue, { model, preprocess }: Space, hits: readonly RegionHit[]) {
  if (hits.length === 0) return [];
  const ids = [...new Set(hits.map(({ image_id: id }) => id))].map(textLiteral).join(', ');
  const ofHits = `image_id in (${ids}) and model = ${textLiteral(model)} and preprocess = ${textLiteral(preprocess)}`;
  const rows = await live.use(async (catalogue) =>
    describedSchema.parse(
      await catalogue.rows(
        `select * from (select ${itemColumns} from images where ${ofHits})
         join (select image_id, width, height from results where ${ofHits}) using (image_id)`,
      ),
    ),
  );
  const byImage = new Map(rows.map((row) => [row.image_id, row]));
  return hits.flatMap(({ image_id: imageId, label_id: labelId, ...hit }): SimilarRegion[] => {
    const row = byImage.get(imageId);
    if (row === undefined) return [];
    const { region, x, y, width, height, label, probability, similarity } = hit;
    return [
      {
        ...{ image: itemOf(row), imageWidth: row.width, imageHeight: row.height },
        ...{ region, x, y, width, height, label, labelId, probability, similarity },
      },
    ];
  });
}
