import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Index, MetricKind, ScalarKind } from 'usearch';
import { encodeImageIds } from './image-ids.ts';
import { idsPath, type StoredShard, syncFile, vectorsPath } from './index-folder.ts';

/**
 * Maximum images per shard. Building one with embeddings of 1024 numbers takes 300 MB and some minutes, which is what a
 * killed process loses. Every search visits every shard, so there should be few.
 */
export const imagesPerShard = 131_072;

/** The kind of all shards: a graph of neighbors (HNSW) over bfloat16 vectors. */
function emptyIndex(dimensions: number): Index {
  return new Index({
    dimensions,
    metric: MetricKind.Cos,
    quantization: ScalarKind.BF16,
    connectivity: 16,
    expansion_add: 128,
    expansion_search: 64,
    multi: false,
  });
}

/**
 * Maps the vectors of a shard into memory; pages are read when a search needs them.
 * @throws {Error} if the file does not hold the vectors that were written
 */
export function viewShard(folder: string, shard: StoredShard, dimensions: number): Index {
  const index = emptyIndex(dimensions);
  index.view(vectorsPath(folder, shard));
  assertSize(index, shard);
  return index;
}

function assertSize(index: Index, { images }: StoredShard): void {
  if (index.size() !== images) throw new Error(`expected ${images} vectors but received ${index.size()}`);
}

/** A shard in memory, under construction. */
export class ShardBuilder {
  readonly #index: Index;
  readonly #imageIds: string[];
  readonly #capacity: number;

  constructor(dimensions: number, capacity: number) {
    this.#index = emptyIndex(dimensions);
    this.#imageIds = [];
    this.#capacity = capacity;
  }

  /** Starts with the content of a stored shard. @param imageIds its ids, by ordinal */
  load(folder: string, shard: StoredShard, imageIds: readonly string[]): void {
    this.#index.load(vectorsPath(folder, shard));
    assertSize(this.#index, shard);
    for (const imageId of imageIds) this.#imageIds.push(imageId);
  }

  /** Images that still fit. */
  get room(): number {
    return this.#capacity - this.#imageIds.length;
  }

  get images(): number {
    return this.#imageIds.length;
  }

  /** @param numbers the vectors, concatenated, one for each id */
  add(imageIds: readonly string[], numbers: Float32Array): void {
    const keys = BigUint64Array.from(imageIds, (_, index) => BigInt(this.#imageIds.length + index));
    this.#index.add(keys, numbers, availableParallelism());
    this.#imageIds.push(...imageIds);
  }

  /** Writes it durably to a new folder. */
  async save(folder: string): Promise<StoredShard> {
    const shard = { name: randomUUID(), images: this.images };
    await mkdir(join(folder, shard.name));
    this.#index.save(vectorsPath(folder, shard));
    await writeFile(idsPath(folder, shard), encodeImageIds(this.#imageIds));
    return {
      ...shard,
      vectors: await syncFile(vectorsPath(folder, shard)),
      ids: await syncFile(idsPath(folder, shard)),
    };
  }
}
