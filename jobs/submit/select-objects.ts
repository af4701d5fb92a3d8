import { posix } from 'node:path';
import { imageId } from '../../shared/images/image.ts';
import type { ListedObject } from '../../shared/stores/ports.ts';

/** Which objects of a listing are wanted, by globs as `path.matchesGlob` of Node takes them. */
export interface Globs {
  /** One of these has to match; none means all. */
  readonly include: readonly string[];
  /** None of these may match. */
  readonly exclude: readonly string[];
}

/** What was seen of a listing so far. */
export interface Selected {
  listed: number;
  /** Not wanted by the globs. */
  filteredOut: number;
  /** Wanted, but with a current result. */
  done: number;
  /** What is left, to be submitted. */
  wanted: number;
  /** Bytes of these. */
  bytes: number;
  /** Of those that were listed. */
  firstKey: string | undefined;
  /** Whether nothing more will be listed. */
  ended: boolean;
}

export function emptySelection(): Selected {
  return { listed: 0, filteredOut: 0, done: 0, wanted: 0, bytes: 0, firstKey: undefined, ended: false };
}

/** Tells which of some objects need not be computed again, by their `imageId`. */
export type FindFinished = (objects: readonly ListedObject[]) => Promise<{ has(image: string): boolean }>;

/** Objects that are looked up in the results together. */
const lookedUpTogether = 10_000;

/**
 * The objects of a listing that are wanted and have no current result, in its order. Ends early when stopped.
 * @param selected is counted up
 */
export async function* selectObjects(
  listing: AsyncIterable<ListedObject>,
  {
    isWanted,
    findFinished,
    selected,
    stop,
  }: {
    readonly isWanted: (key: string) => boolean;
    readonly findFinished: FindFinished;
    readonly selected: Selected;
    readonly stop: AbortSignal;
  },
): AsyncGenerator<ListedObject> {
  async function* unfinished(objects: readonly ListedObject[]) {
    const finished = await findFinished(objects);
    for (const object of objects) {
      if (finished.has(imageId(object))) {
        selected.done += 1;
        continue;
      }
      selected.wanted += 1;
      selected.bytes += object.size;
      yield object;
    }
  }
  let wanted: ListedObject[] = [];
  for await (const object of listing) {
    if (stop.aborted) return;
    selected.listed += 1;
    selected.firstKey ??= object.key;
    if (!isWanted(object.key)) {
      selected.filteredOut += 1;
      continue;
    }
    wanted.push(object);
    if (wanted.length < lookedUpTogether) continue;
    yield* unfinished(wanted);
    wanted = [];
  }
  if (wanted.length > 0) yield* unfinished(wanted);
  selected.ended = true;
}

/**
 * Whether the object under a key is wanted. Globs are matched against what is below the prefix, see `relativeKey`: `*` stays
 * within a folder, `**` crosses folders, neither begins a name with a dot.
 */
export function matchGlobs({ include = [], exclude = [] }: Partial<Globs>, prefix: string): (key: string) => boolean {
  const matchesOne = (globs: readonly string[], below: string) => globs.some((glob) => posix.matchesGlob(below, glob));
  return (key) => {
    const below = relativeKey(prefix, key);
    return (include.length === 0 || matchesOne(include, below)) && !matchesOne(exclude, below);
  };
}

/**
 * A key without the folder that was asked for. In S3 a prefix may end within a name, as `photos/2026-` or `photos`: then
 * that is the folder up to its last slash, unless the whole of it is a folder's name.
 */
export function relativeKey(prefix: string, key: string): string {
  if (prefix !== '' && key.startsWith(`${prefix}/`)) return key.slice(prefix.length + 1);
  return key.slice(prefix.lastIndexOf('/') + 1);
}
