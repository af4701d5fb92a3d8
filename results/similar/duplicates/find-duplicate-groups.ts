import { setImmediate } from 'node:timers/promises';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Results } from '../../open/open-results.ts';
import type { Computation } from '../../questions/computation.ts';
import { chooseEmbeddings, dimensionsOf } from '../embeddings/embedded-images.ts';
import { openIndex } from '../index/open-index.ts';
import type { SimilarityOptions } from '../search/open-similarity.ts';
import type { Hit } from '../search/similarity.ts';
import type { Corpus } from './corpus.ts';
import { LinkedGroups, type Member } from './linked-groups.ts';
import { memoryCorpus } from './memory-corpus.ts';
import { shardCorpus } from './shard-corpus.ts';

export interface DuplicateOptions extends SimilarityOptions {
  /** Minimum similarity of two duplicates, -1 to 1. */
  readonly min: number;
  /** Called as images are compared. */
  readonly onCompared?: ((done: number, total: number) => void) | undefined;
}

/** Near-duplicates among the images of one model. */
export interface Duplicates {
  readonly model: string;
  readonly preprocess: string;
  /** Images compared. */
  readonly images: number;
  /** See `Similarity.others`. */
  readonly others: readonly Computation[];
  readonly how: 'exact' | 'indexed';
  /**
   * Largest group first. Each image of a group is a near-duplicate of at least one other; `similarity` is that to its
   * nearest. The image with the most near-duplicates comes first.
   */
  readonly groups: readonly (readonly Hit[])[];
}

/** This many are compared with each other in a second or two; the time grows with the square. */
const exactUpToByDefault = 5_000;
/** Limited by memory: 400 MB for embeddings of 1024 numbers. */
const maxExact = 100_000;
/** Neighbors searched per image and shard: enough except in large groups. */
const firstNeighbors = 8;
/** Neighbors searched if all of the first are duplicates, until the group has that many members. */
const maxNeighbors = 256;
const queriesPerCall = 128;

/**
 * Finds groups of near-duplicates. Many images are searched through an index, which may miss a pair.
 * @throws {UserError} as `openSimilarity`, or if the search was stopped
 */
export async function findDuplicateGroups(results: Results, options: DuplicateOptions): Promise<Duplicates> {
  const { storeName, exact = false, exactUpTo = exactUpToByDefault } = options;
  const chosen = await chooseEmbeddings(results, options, storeName);
  const space = { ...chosen, dimensions: await dimensionsOf(results, chosen) };
  const isExact = exact || chosen.images <= exactUpTo;
  if (isExact && chosen.images > maxExact) {
    throw new UserError(
      `--exact finds duplicates among at most ${maxExact} images, and these are ${chosen.images}: omit --exact`,
    );
  }
  const corpus = isExact
    ? await memoryCorpus(results, space)
    : shardCorpus(results, space, (await openIndex(results, space, options)).shards);
  const linked = await linkDuplicates(corpus, space.dimensions, options);
  const groups = linked.groups();
  const ids = await corpus.imageIds(groups.flat().map(({ position }) => position));
  return {
    model: space.model,
    preprocess: space.preprocess,
    others: space.others,
    images: corpus.images,
    how: isExact ? 'exact' : 'indexed',
    groups: groups.map((group) => hitsOf(group, ids)).toSorted((a, b) => b.length - a.length || byId(a[0], b[0])),
  };
}

/** Most links first. */
function hitsOf(group: readonly Member[], ids: ReadonlyMap<number, string>): Hit[] {
  return group
    .map(({ position, links, similarity }) => ({ hit: { image_id: ids.get(position) ?? '', similarity }, links }))
    .toSorted((a, b) => b.links - a.links || byId(a.hit, b.hit))
    .map(({ hit }) => hit);
}

function byId(a: Hit | undefined, b: Hit | undefined): number {
  return (a?.image_id ?? '') < (b?.image_id ?? '') ? -1 : 1;
}

async function linkDuplicates(
  corpus: Corpus,
  dimensions: number,
  { min, onCompared, stop }: DuplicateOptions,
): Promise<LinkedGroups> {
  const groups = new LinkedGroups(corpus.positions);
  let done = 0;
  for await (const { positions, numbers } of corpus.blocks()) {
    for (let start = 0; start < positions.length; start += queriesPerCall) {
      const queries = positions.slice(start, start + queriesPerCall);
      const vectors = numbers.subarray(start * dimensions, (start + queries.length) * dimensions);
      for (const [query, position] of linkAll(groups, corpus, queries, vectors, firstNeighbors + 1, min)) {
        if (groups.sizeOf(position) >= maxNeighbors) continue;
        const vector = vectors.subarray(query * dimensions, (query + 1) * dimensions);
        linkAll(groups, corpus, [position], vector, maxNeighbors + 1, min);
      }
      done += queries.length;
      onCompared?.(done, corpus.images);
      await setImmediate();
      if (stop?.aborted) throw new UserError('stopped before every image was compared');
    }
  }
  return groups;
}

/** Links images with their near-duplicates. @returns the images all of whose `limit` neighbors are duplicates */
function linkAll(
  groups: LinkedGroups,
  corpus: Corpus,
  positions: readonly number[],
  numbers: Float32Array,
  limit: number,
  min: number,
): [query: number, position: number][] {
  const full: [number, number][] = [];
  for (const [query, neighbors] of corpus.nearest(numbers, limit, min).entries()) {
    const position = positions[query] ?? -1;
    const duplicates = neighbors.filter((other) => other.position !== position && other.similarity >= min);
    for (const duplicate of duplicates) groups.link(position, duplicate.position, duplicate.similarity);
    if (duplicates.length >= limit - 1) full.push([query, position]);
  }
  return full;
}
