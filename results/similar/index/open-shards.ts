import type { Index } from 'usearch';
import { z } from 'zod';
import type { Results } from '../../open/open-results.ts';
import { type EmbeddingSpace, embeddedRowsSql } from '../embeddings/embedded-images.ts';
import { imageIdsSql } from './image-ids.ts';
import { idsPath, type StoredShard } from './index-folder.ts';
import { viewShard } from './shard.ts';

/** A shard that can be searched. */
export interface OpenShard {
  /** Its keys are ordinals. */
  readonly index: Index;
  /** The file of ids, see `imageIdsSql`. */
  readonly path: string;
  /** By ordinal: 1 for an image of the results, 0 for one that was deleted since. */
  readonly live: Uint8Array;
}

const columnsSchema = z.tuple([z.array(z.number()), z.array(z.number())]);

/** Opens shards as memory-mapped files and marks the images that are in the results. */
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
  const chunks = results.streamChunks(
    `select shard, ordinal from (${imageIdsSql(shards)}) semi join (select image_id ${embeddedRowsSql}) using (image_id)`,
    { model, preprocess },
  );
  for await (const chunk of chunks) {
    const [numbers, ordinals] = columnsSchema.parse([chunk.getColumnValues(0), chunk.getColumnValues(1)]);
    for (const [row, number] of numbers.entries()) {
      const ordinal = ordinals[row] ?? 0;
      shards[number]?.live.fill(1, ordinal, ordinal + 1);
    }
  }
  return shards;
}

/** Counts the images that are in the results. */
export function countLive(shards: readonly OpenShard[]): number {
  return shards.reduce((sum, { live }) => sum + live.reduce((count, one) => count + one, 0), 0);
}
