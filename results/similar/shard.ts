import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Index, MetricKind, ScalarKind } from 'usearch';
import { encodeImageIds } from './image-ids.ts';
import { idsPath, type StoredShard, syncedStamp, vectorsPath } from './index-folder.ts';

/**
 * Images of a shard at most: 300 MB of 1024 numbers, which is what building an index takes of memory, and some minutes of
 * work, which is what is lost when it is killed. Every search asks every shard, so they should not be many.
 */
export const imagesPerShard = 131_072;

/** A new index of the kind that all shards are: a graph of neighbours (HNSW) over vectors in bfloat16. */
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
 * The vectors of a shard as they lie on disk, brought into memory where they are looked at.
 * @throws {Error} when they are not those that were written
 */
export function viewShard(folder: string, shard: StoredShard, dimensions: number): Index {
  const index = emptyIndex(dimensions);
  index.view(vectorsPath(folder, shard));
  return checked(index, shard);
}

function checked(index: Index, { images }: StoredShard): Index {
  if (index.size() !== images) throw new Error(`expected ${images} vectors, got ${index.size()}`);
  return index;
}

/** A shard in memory that takes more images. */
export class ShardBuilder {
  readonly #index: Index;
  readonly #imageIds: string[];
  readonly #capacity: number;

  constructor(dimensions: number, capacity: number) {
    this.#index = emptyIndex(dimensions);
    this.#imageIds = [];
    this.#capacity = capacity;
  }

  /** Takes over what a stored shard holds. @param imageIds of it, by ordinal */
  load(folder: string, shard: StoredShard, imageIds: readonly string[]): void {
    this.#index.load(vectorsPath(folder, shard));
    checked(this.#index, shard);
    for (const imageId of imageIds) this.#imageIds.push(imageId);
  }

  /** How many images it takes yet. */
  get room(): number {
    return this.#capacity - this.#imageIds.length;
  }

  get images(): number {
    return this.#imageIds.length;
  }

  /** @param numbers one vector after another, as many as ids */
  add(imageIds: readonly string[], numbers: Float32Array): void {
    const keys = BigUint64Array.from(imageIds, (_, index) => BigInt(this.#imageIds.length + index));
    this.#index.add(keys, numbers, availableParallelism());
    this.#imageIds.push(...imageIds);
  }

  /** Writes it under a name of its own, durably. */
  async save(folder: string): Promise<StoredShard> {
    const shard = { name: randomUUID(), images: this.images };
    await mkdir(join(folder, shard.name));
    this.#index.save(vectorsPath(folder, shard));
    await writeFile(idsPath(folder, shard), encodeImageIds(this.#imageIds));
    return {
      ...shard,
      vectors: await syncedStamp(vectorsPath(folder, shard)),
      ids: await syncedStamp(idsPath(folder, shard)),
    };
  }
}
