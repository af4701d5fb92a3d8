import type { Index } from 'usearch';
import { z } from 'zod';
import type { Results } from '../open/open-results.ts';
import { type EmbeddingSpace, embeddedRowsSql } from './embedded-images.ts';
import { imageIdsSql } from './image-ids.ts';
import { idsPath, type StoredShard } from './index-folder.ts';
import { viewShard } from './shard.ts';

/** A shard that can be searched. */
export interface OpenShard {
  /** Its keys are ordinals. */
  readonly index: Index;
  /** Of the ids, see `imageIdsSql`. */
  readonly path: string;
  /** By ordinal: 1 for an image that is in the results, 0 for one that was deleted since. */
  readonly live: Uint8Array;
}

const placesSchema = z.tuple([z.array(z.number()), z.array(z.number())]);

/** Opens shards, which are read from disk where a search looks at them, and marks which of their images are in the results. */
export async function openShards(
  results: Results,
  { model, preprocess, dimensions }: EmbeddingSpace,
  folder: string,
  stored: readonly StoredShard[],
): Promise<OpenShard[]> {
  const shards = stored.map(
    (shard): OpenShard => ({
      index: viewShard(folder, shard, dimensions),
      path: idsPath(folder, shard),
      live: new Uint8Array(shard.images),
    }),
  );
  const result = await results.connection.stream(
    `select shard, ordinal from (${imageIdsSql(shards)}) semi join (select image_id ${embeddedRowsSql}) using (image_id)`,
    { model, preprocess },
  );
  for await (const chunk of result) {
    const [places, ordinals] = placesSchema.parse([chunk.getColumnValues(0), chunk.getColumnValues(1)]);
    for (const [row, place] of places.entries()) {
      const ordinal = ordinals[row] ?? 0;
      shards[place]?.live.fill(1, ordinal, ordinal + 1);
    }
  }
  return shards;
}

/** How many images of shards are in the results. */
export function countLive(shards: readonly OpenShard[]): number {
  return shards.reduce((sum, { live }) => sum + live.reduce((count, one) => count + one, 0), 0);
}
