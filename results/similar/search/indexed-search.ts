import { exists } from '../../open/cache-files.ts';
import { openDatabase } from '../../open/database.ts';
import { imageIdsSchema, imageIdsSql } from '../index/image-ids.ts';
import { nearestInShard } from '../index/neighbors.ts';
import type { OpenShard } from '../index/open-shards.ts';
import type { Hit } from './similarity.ts';

/** An index as it was when it was opened. */
export interface IndexedSearch {
  /** Approximate nearest neighbors, most similar first. @param embedding checked by `checkEmbedding` */
  nearest(embedding: Float32Array, limit: number): Promise<Hit[]>;
  /** Whether all files still exist; ids are only read for hits. */
  hasAllFiles(): Promise<boolean>;
  close(): Promise<void>;
}

/** Searches shards one after another. @param temporaryFolder see `openDatabase` */
export async function indexedSearch(shards: readonly OpenShard[], temporaryFolder: string): Promise<IndexedSearch> {
  // A separate database, so that a search neither waits for a query over the results nor ends its stream.
  const database = await openDatabase(temporaryFolder);
  return {
    async nearest(embedding, limit) {
      const best = shards
        .flatMap((shard, number) =>
          nearestInShard(shard, embedding, limit).map((neighbor) => ({ shard: number, ...neighbor })),
        )
        .toSorted((a, b) => b.similarity - a.similarity)
        .slice(0, limit);
      const files = shards.flatMap(({ path }, number) => {
        const ordinals = best.filter(({ shard }) => shard === number).map(({ position }) => position);
        return ordinals.length === 0 ? [] : [{ path, number, ordinals }];
      });
      const reader = await database.connection.runAndReadAll(imageIdsSql(files));
      const ids = new Map(
        imageIdsSchema
          .parse(reader.getRowObjectsJS())
          .map(({ shard: file, ordinal, image_id }) => [`${files[file]?.number} ${ordinal}`, image_id]),
      );
      return best.flatMap(({ shard, position, similarity }) => {
        const imageId = ids.get(`${shard} ${position}`);
        return imageId === undefined ? [] : [{ image_id: imageId, similarity }];
      });
    },
    async hasAllFiles() {
      return (await Promise.all(shards.map(({ path }) => exists(path)))).every(Boolean);
    },
    async close() {
      database.close();
    },
  };
}
