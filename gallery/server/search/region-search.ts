import { z } from 'zod';
import type { Results } from '../../../results/open/open-results.ts';
import { textLiteral } from '../../../results/open/sql-text.ts';
import { nearestRegions, type RegionHit } from '../../../results/similar/regions/nearest-regions.ts';
import { readRegion } from '../../../results/similar/regions/read-region.ts';
import { itemColumns, itemOf, itemSchema } from '../catalogue/image-rows.ts';
import type { LiveCatalogue } from '../catalogue/live-catalogue.ts';
import { hasId } from '../catalogue/row-id.ts';
import { storedRegionsSchema } from '../catalogue/stored-regions.ts';
import type { ImageRegion, SimilarRegion } from '../responses.ts';
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
  close(): Promise<void>;
}

export interface RegionSearchPorts {
  readonly live: LiveCatalogue;
  /** Opens the results with `regionEmbeddings`. */
  readonly openResults: () => Promise<Results>;
}

/** Opens its own connection to the results, because a search may take seconds and must not block the grid. */
export function openRegionSearch({ live, openResults }: RegionSearchPorts): RegionSearch {
  const cache = versionedCache<Results>();
  return {
    async similarToRegion(id, number, limit) {
      const query = await findRegion(live, id, number);
      if (query === undefined) return undefined;
      const needed = { key: 'regions', version: live.state.version, open: openResults };
      const hits = await cache.use(needed, async (results) => {
        const embedding = await readRegion(results, query.space, query.imageId, query.box);
        return nearestRegions(results, query.space, embedding, { limit, except: query.imageId });
      });
      return describe(live, query.space, hits);
    },
    close: () => cache.close(),
  };
}

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
