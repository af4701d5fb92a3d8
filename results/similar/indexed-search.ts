import { access } from 'node:fs/promises';
import { z } from 'zod';
import { openDatabase } from '../open/database.ts';
import { imageIdsSql } from './image-ids.ts';
import { nearestInShard } from './neighbours.ts';
import type { OpenShard } from './open-shards.ts';
import type { Hit } from './similarity.ts';

/** An index as it stood when it was opened. */
export interface IndexedSearch {
  /** The most similar, most similar first; some may be missed. @param embedding checked, see `checkEmbedding` */
  nearest(embedding: Float32Array, limit: number): Promise<Hit[]>;
  /** Whether all its files are there yet: ids are read when they are hits. */
  hasAllFiles(): Promise<boolean>;
  close(): Promise<void>;
}

const idsSchema = z.array(z.tuple([z.number(), z.number(), z.string()]));

/** Searches shards one after another. @param temporaryFolder see `openDatabase` */
export async function indexedSearch(shards: readonly OpenShard[], temporaryFolder: string): Promise<IndexedSearch> {
  // One of its own: searches then neither wait for queries over the results nor end them.
  const database = await openDatabase(temporaryFolder);
  return {
    async nearest(embedding, limit) {
      const best = shards
        .flatMap((shard, number) =>
          nearestInShard(shard, embedding, limit).map((found) => ({ shard: number, ...found })),
        )
        .toSorted((a, b) => b.similarity - a.similarity)
        .slice(0, limit);
      const files = shards.flatMap(({ path }, number) => {
        const ordinals = best.filter(({ shard }) => shard === number).map(({ place }) => place);
        return ordinals.length === 0 ? [] : [{ path, number, ordinals }];
      });
      const reader = await database.connection.runAndReadAll(imageIdsSql(files));
      const ids = new Map(
        idsSchema.parse(reader.getRowsJS()).map(([file, ordinal, id]) => [`${files[file]?.number} ${ordinal}`, id]),
      );
      return best.flatMap(({ shard, place, similarity }) => {
        const imageId = ids.get(`${shard} ${place}`);
        return imageId === undefined ? [] : [{ image_id: imageId, similarity }];
      });
    },
    async hasAllFiles() {
      const found = await Promise.all(
        shards.map(({ path }) =>
          access(path).then(
            () => true,
            () => false,
          ),
        ),
      );
      return found.every(Boolean);
    },
    async close() {
      database.close();
    },
  };
}
