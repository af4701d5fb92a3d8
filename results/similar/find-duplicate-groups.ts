import { setImmediate } from 'node:timers/promises';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Results } from '../open/open-results.ts';
import type { Corpus } from './corpus.ts';
import { chooseEmbeddings, dimensionsOf } from './embedded-images.ts';
import { LinkedGroups, type Member } from './linked-groups.ts';
import { memoryCorpus } from './memory-corpus.ts';
import { openIndex } from './open-index.ts';
import type { SimilarityOptions } from './open-similarity.ts';
import { shardCorpus } from './shard-corpus.ts';
import type { Hit } from './similarity.ts';

export interface DuplicateOptions extends SimilarityOptions {
  /** How similar two images have to be, -1 to 1. */
  readonly min: number;
  /** Told while images are compared. */
  readonly onCompared?: ((done: number, total: number) => void) | undefined;
}

/** Near-duplicates among the images of one model. */
export interface Duplicates {
  readonly model: string;
  readonly preprocess: string;
  /** How many images were looked at. */
  readonly images: number;
  readonly how: 'exact' | 'indexed';
  /**
   * Groups, largest first: images each of which is similar enough to another of its group. The first has the most such
   * neighbours; `similarity` is that to the nearest of them.
   */
  readonly groups: readonly (readonly Hit[])[];
}

/** So many are compared each with each in a second or two; it grows with their square. */
const exactUpToByDefault = 5_000;
/** Held in memory: of 1024 numbers, 400 MB. */
const mostExact = 100_000;
/** Neighbours that are looked at, of each shard: enough for all but large groups. */
const neighboursAtFirst = 8;
/** Neighbours that are looked at where all of the first were duplicates, until the group has as many. */
const neighboursOfLarge = 256;
const queriesAtOnce = 128;

/**
 * Finds groups of images that are almost the same. Many are looked up in the index, so that a pair may be missed.
 * @throws {UserError} as `openSimilarity`, or when it was stopped
 */
export async function findDuplicateGroups(results: Results, options: DuplicateOptions): Promise<Duplicates> {
  const { storeName, exact = false, exactUpTo = exactUpToByDefault } = options;
  const chosen = await chooseEmbeddings(results, options, storeName);
  const space = { ...chosen, dimensions: await dimensionsOf(results, chosen) };
  const isExact = exact || chosen.images <= exactUpTo;
  if (isExact && chosen.images > mostExact) {
    throw new UserError(
      `expected at most ${mostExact} images to compare each with each, got ${chosen.images}: leave out --exact`,
    );
  }
  const corpus = isExact
    ? await memoryCorpus(results, space)
    : shardCorpus(results, space, (await openIndex(results, space, options)).shards);
  const linked = await linkDuplicates(corpus, space.dimensions, options);
  const groups = linked.groups();
  const ids = await corpus.imageIds(groups.flat().map(({ place }) => place));
  return {
    model: space.model,
    preprocess: space.preprocess,
    images: corpus.images,
    how: isExact ? 'exact' : 'indexed',
    groups: groups.map((group) => hitsOf(group, ids)).toSorted((a, b) => b.length - a.length || byId(a[0], b[0])),
  };
}

/** The image with the most links first, the others by their links too. */
function hitsOf(group: readonly Member[], ids: ReadonlyMap<number, string>): Hit[] {
  return group
    .map(({ place, links, similarity }) => ({ hit: { image_id: ids.get(place) ?? '', similarity }, links }))
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
  const groups = new LinkedGroups(corpus.places);
  let done = 0;
  for await (const { places, numbers } of corpus.blocks()) {
    for (let start = 0; start < places.length; start += queriesAtOnce) {
      const some = places.slice(start, start + queriesAtOnce);
      const own = numbers.subarray(start * dimensions, (start + some.length) * dimensions);
      for (const [query, place] of linkAll(groups, corpus, some, own, neighboursAtFirst + 1, min)) {
        if (groups.sizeOf(place) >= neighboursOfLarge) continue;
        const vector = own.subarray(query * dimensions, (query + 1) * dimensions);
        linkAll(groups, corpus, [place], vector, neighboursOfLarge + 1, min);
      }
      done += some.length;
      onCompared?.(done, corpus.images);
      await setImmediate();
      if (stop?.aborted) throw new UserError('stopped before every image was compared');
    }
  }
  return groups;
}

/** Links images with their neighbours. @returns those of which all neighbours that were looked at are duplicates */
function linkAll(
  groups: LinkedGroups,
  corpus: Corpus,
  places: readonly number[],
  numbers: Float32Array,
  limit: number,
  min: number,
): [query: number, place: number][] {
  const full: [number, number][] = [];
  for (const [query, neighbours] of corpus.nearest(numbers, limit, min).entries()) {
    const place = places[query] ?? -1;
    const close = neighbours.filter((other) => other.place !== place && other.similarity >= min);
    for (const other of close) groups.link(place, other.place, other.similarity);
    if (close.length >= limit - 1) full.push([query, place]);
  }
  return full;
}
