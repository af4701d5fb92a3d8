import { join } from 'node:path';
import type { Index } from 'usearch';
import { z } from 'zod';
import { openDatabase } from '../database.ts';
import type { Results } from '../open-results.ts';
import { asCosine } from './check-embedding.ts';
import { type EmbeddingSpace, embeddedRows } from './embedded-images.ts';
import { imageIdsIn } from './image-ids.ts';
import { idsPath, type StoredShard } from './index-folder.ts';
import { viewShard } from './shard.ts';
import type { Hit } from './similarity.ts';

/** An index as it stood when it was opened. */
export interface IndexedSearch {
  /** How many of its images are in the results. */
  readonly images: number;
  /** The most similar, most similar first; some may be missed. @param embedding checked, see `checkEmbedding` */
  nearest(embedding: Float32Array, limit: number): Promise<Hit[]>;
  close(): void;
}

interface OpenShard {
  readonly index: Index;
  readonly path: string;
  /** By ordinal: 1 for an image that is in the results, 0 for one that was deleted since or is of another store. */
  readonly live: Uint8Array;
}

interface Neighbour {
  readonly shard: number;
  readonly ordinal: number;
  readonly similarity: number;
}

const placesSchema = z.tuple([z.array(z.number()), z.array(z.number())]);
const idsSchema = z.array(z.tuple([z.number(), z.number(), z.string()]));

/** Opens an index; it is read from disk where a search looks at it, ids as well. */
export async function openIndexedSearch(
  results: Results,
  space: EmbeddingSpace,
  folder: string,
  stored: readonly StoredShard[],
): Promise<IndexedSearch> {
  const shards = stored.map(
    (shard): OpenShard => ({
      index: viewShard(folder, shard, space.dimensions),
      path: idsPath(folder, shard),
      live: new Uint8Array(shard.images),
    }),
  );
  const images = await markLive(results, space, shards);
  // One of its own: searches then neither wait for queries over the results nor end them.
  const database = await openDatabase(join(folder, '.spill'));
  return {
    images,
    async nearest(embedding, limit) {
      const best = shards
        .flatMap((shard, place) => neighbours(shard, place, embedding, limit))
        .toSorted((a, b) => b.similarity - a.similarity)
        .slice(0, limit);
      if (best.length === 0) return [];
      const ids = new Map<string, string>();
      const places = [...new Set(best.map(({ shard }) => shard))];
      const files = places.map((place) => ({
        path: shards[place]?.path ?? '',
        ordinals: best.filter(({ shard }) => shard === place).map(({ ordinal }) => ordinal),
      }));
      const reader = await database.connection.runAndReadAll(imageIdsIn(files));
      for (const [file, ordinal, id] of idsSchema.parse(reader.getRowsJS())) ids.set(`${places[file]} ${ordinal}`, id);
      return best.map(({ shard, ordinal, similarity }) => ({
        image_id: ids.get(`${shard} ${ordinal}`) ?? '',
        similarity,
      }));
    },
    close: () => database.close(),
  };
}

/** Marks which images of the shards are in the results, and counts them. */
async function markLive(
  results: Results,
  { model, preprocess }: EmbeddingSpace,
  shards: readonly OpenShard[],
): Promise<number> {
  const result = await results.connection.stream(
    `select shard, ordinal from (${imageIdsIn(shards)}) semi join (select image_id ${embeddedRows}) using (image_id)`,
    { model, preprocess },
  );
  let count = 0;
  for await (const chunk of result) {
    const [places, ordinals] = placesSchema.parse([chunk.getColumnValues(0), chunk.getColumnValues(1)]);
    for (const [row, place] of places.entries()) shards[place]?.live.fill(1, ordinals[row], (ordinals[row] ?? 0) + 1);
    count += chunk.rowCount;
  }
  return count;
}

/** The nearest live images of a shard: more are asked for as long as too few of the nearest are live. */
function neighbours({ index, live }: OpenShard, shard: number, embedding: Float32Array, limit: number): Neighbour[] {
  for (let wanted = limit; ; wanted *= 4) {
    const asked = Math.min(wanted, live.length);
    const { keys, distances } = index.search(embedding, asked, 1);
    const found = Array.from(keys, (key, place) => ({
      shard,
      ordinal: Number(key),
      similarity: asCosine(1 - (distances[place] ?? 1)),
    })).filter(({ ordinal }) => live[ordinal] === 1);
    if (found.length >= limit || asked === live.length) return found.slice(0, limit);
  }
}
