import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { Results } from '../../open/open-results.ts';
import { type EmbeddingSpace, embeddedRowsSql, hasDirectionSql } from '../embeddings/embedded-images.ts';
import { type Vectors, vectorsOf } from '../embeddings/vector-chunk.ts';
import { imageIdsSql } from './image-ids.ts';
import { idsPath, removeLeftovers, type StoredShard, writeManifest } from './index-folder.ts';
import { imagesPerShard, ShardBuilder } from './shard.ts';

export interface SyncOptions {
  /** Folder of the index. */
  readonly folder: string;
  /** The shards of the index so far. */
  readonly shards: readonly StoredShard[];
  /** Number of images to add, for progress. */
  readonly missing: number;
  readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
  /** Ends the work early; finished shards are kept. */
  readonly stop?: AbortSignal | undefined;
  /** Maximum images per shard. @default imagesPerShard */
  readonly capacity?: number | undefined;
}

export interface IndexProgress {
  /** Images added, of those that were missing. */
  readonly done: number;
  readonly missing: number;
}

/** Vectors per call: a tenth of a second, during which the event loop is blocked. */
const vectorsPerCall = 512;

const idsSchema = z.array(z.object({ image_id: z.string() }));

/**
 * Adds the images of a space that are missing in its index. Embeddings never change, so indexed ones stay valid.
 * @returns the shards of the index. A full shard is saved at once, so that a killed process loses little.
 */
export async function syncIndex(
  results: Results,
  space: EmbeddingSpace,
  { folder, shards, missing, onProgress, stop, capacity = imagesPerShard }: SyncOptions,
): Promise<StoredShard[]> {
  const open = shards.find(({ images }) => images < capacity);
  let saved = shards.filter((shard) => shard !== open);
  let builder = new ShardBuilder(space.dimensions, capacity);
  if (open !== undefined) builder.load(folder, open, await idsOf(results, folder, open));
  const save = async () => {
    saved = [...saved, await builder.save(folder)];
    await writeManifest(folder, saved);
    builder = new ShardBuilder(space.dimensions, capacity);
  };
  let done = 0;
  onProgress?.({ done, missing });
  for await (const vectors of missingVectors(results, space, folder, shards)) {
    for (let start = 0; start < vectors.imageIds.length && !stop?.aborted; ) {
      const end = Math.min(start + vectorsPerCall, start + builder.room, vectors.imageIds.length);
      builder.add(vectors.imageIds.slice(start, end), vectorsBetween(vectors, start, end, space));
      done += end - start;
      start = end;
      if (builder.room === 0) await save();
      onProgress?.({ done, missing });
      await setImmediate();
    }
    if (stop?.aborted) break;
  }
  // Embeddings without a direction are never added: that alone is no reason to write.
  if (done === 0) return [...shards];
  if (builder.images > 0) await save();
  await removeLeftovers(folder, saved);
  return saved;
}

function vectorsBetween({ numbers }: Vectors, start: number, end: number, { dimensions }: EmbeddingSpace) {
  return numbers.subarray(start * dimensions, end * dimensions);
}

async function* missingVectors(
  results: Results,
  { model, preprocess, dimensions }: EmbeddingSpace,
  folder: string,
  shards: readonly StoredShard[],
): AsyncGenerator<Vectors> {
  const indexed = imageIdsSql(shards.map((shard) => ({ path: idsPath(folder, shard) })));
  const chunks = results.streamChunks(
    `select image_id, embedding from (select image_id, embedding ${embeddedRowsSql}) as embedded
     where not exists (from (${indexed}) as indexed where indexed.image_id = embedded.image_id)
     and ${hasDirectionSql(dimensions)}`,
    { model, preprocess },
  );
  for await (const chunk of chunks) yield vectorsOf(chunk, dimensions);
}

async function idsOf(results: Results, folder: string, shard: StoredShard): Promise<string[]> {
  const ids = imageIdsSql([{ path: idsPath(folder, shard) }]);
  const rows = await results.query(idsSchema, `select image_id from (${ids}) order by ordinal`);
  return rows.map(({ image_id }) => image_id);
}
