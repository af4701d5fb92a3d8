import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { Results } from '../open/open-results.ts';
import { type EmbeddingSpace, embeddedRowsSql, hasDirectionSql } from './embedded-images.ts';
import { imageIdsSql } from './image-ids.ts';
import { idsPath, removeLeftovers, type StoredShard, writeManifest } from './index-folder.ts';
import { imagesPerShard, ShardBuilder } from './shard.ts';
import { type Vectors, vectorsOf } from './vector-chunk.ts';

export interface SyncOptions {
  /** Of the index. */
  readonly folder: string;
  /** What is in it already. */
  readonly shards: readonly StoredShard[];
  /** How many images are not. */
  readonly missing: number;
  readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
  /** Ends the work early; what is done is kept. */
  readonly stop?: AbortSignal | undefined;
  /** Images of a shard at most. */
  readonly capacity?: number | undefined;
}

/** How far the building of an index is. */
export interface IndexProgress {
  /** Images that were added, of those that were missing. */
  readonly done: number;
  readonly missing: number;
}

/** Vectors added in one go: about a tenth of a second, during which nothing else runs. */
const vectorsAtOnce = 512;

const idsSchema = z.array(z.tuple([z.string()]));

/**
 * Adds the images of a space that are not in its index yet; those that are stay right, since embeddings never change.
 * @returns the shards of the index; a full one is kept as soon as it is, so that little is lost with the process
 */
export async function syncIndex(
  results: Results,
  space: EmbeddingSpace,
  { folder, shards, missing, onProgress, stop, capacity = imagesPerShard }: SyncOptions,
): Promise<StoredShard[]> {
  const open = shards.find(({ images }) => images < capacity);
  let kept = shards.filter((shard) => shard !== open);
  let builder = new ShardBuilder(space.dimensions, capacity);
  if (open !== undefined) builder.load(folder, open, await idsOf(results, folder, open));
  const keep = async () => {
    kept = [...kept, await builder.save(folder)];
    await writeManifest(folder, kept);
    builder = new ShardBuilder(space.dimensions, capacity);
  };
  let done = 0;
  onProgress?.({ done, missing });
  for await (const some of missingVectors(results, space, folder, shards)) {
    for (let start = 0; start < some.imageIds.length && !stop?.aborted; ) {
      const end = Math.min(start + vectorsAtOnce, start + builder.room, some.imageIds.length);
      builder.add(some.imageIds.slice(start, end), vectorsBetween(some, start, end, space));
      done += end - start;
      start = end;
      if (builder.room === 0) await keep();
      onProgress?.({ done, missing });
      await setImmediate();
    }
    if (stop?.aborted) break;
  }
  // Embeddings without a direction stay missing for ever, and are no reason to write anything.
  if (done === 0) return [...shards];
  if (builder.images > 0) await keep();
  await removeLeftovers(folder, kept);
  return kept;
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
  const result = await results.connection.stream(
    `select image_id, embedding ${missingRows(folder, shards)} and ${hasDirectionSql(dimensions)}`,
    { model, preprocess },
  );
  for await (const chunk of result) yield vectorsOf(chunk, dimensions);
}

function missingRows(folder: string, shards: readonly StoredShard[]): string {
  const indexed = imageIdsSql(shards.map((shard) => ({ path: idsPath(folder, shard) })));
  return `from (select image_id, embedding ${embeddedRowsSql}) as embedded
    where not exists (from (${indexed}) as indexed where indexed.image_id = embedded.image_id)`;
}

async function idsOf(results: Results, folder: string, shard: StoredShard): Promise<string[]> {
  const ids = imageIdsSql([{ path: idsPath(folder, shard) }]);
  const reader = await results.connection.runAndReadAll(`select image_id from (${ids}) order by ordinal`);
  return idsSchema.parse(reader.getRowsJS()).map(([imageId]) => imageId);
}
