import { posix } from 'node:path';
import { imageId } from '../../shared/images/image.ts';
import type { ListedObject } from '../../shared/stores/ports.ts';

/** Selects keys by globs, see `path.matchesGlob` of Node. */
export interface Globs {
  /** At least one must match; empty selects all keys. */
  readonly include: readonly string[];
  /** None may match. */
  readonly exclude: readonly string[];
}

/** Counts of a running selection. */
export interface Selected {
  listed: number;
  /** Not selected by the globs. */
  filteredOut: number;
  /** Selected, but with a current result. */
  done: number;
  /** Selected without a current result: to submit. */
  wanted: number;
  /** Bytes to submit. */
  bytes: number;
  /** The first listed key. */
  firstKey: string | undefined;
  /** Whether the listing is complete. */
  ended: boolean;
}

export function emptySelection(): Selected {
  return { listed: 0, filteredOut: 0, done: 0, wanted: 0, bytes: 0, firstKey: undefined, ended: false };
}

/** Finds the objects with a current result, by `imageId`. */
export type FindFinished = (objects: readonly ListedObject[]) => Promise<{ has(image: string): boolean }>;

/** Objects per look-up in the results. */
const objectsPerLookup = 10_000;

/**
 * The objects of a listing that the globs select and that have no current result, in the same order.
 * @param options.selected updated while objects are listed
 * @param options.stop ends the selection early
 */
export async function* selectObjects(
  listing: AsyncIterable<ListedObject>,
  {
    isSelected,
    findFinished,
    selected,
    stop,
  }: {
    readonly isSelected: (key: string) => boolean;
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
  let batch: ListedObject[] = [];
  for await (const object of listing) {
    if (stop.aborted) return;
    selected.listed += 1;
    selected.firstKey ??= object.key;
    if (!isSelected(object.key)) {
      selected.filteredOut += 1;
      continue;
    }
    batch.push(object);
    if (batch.length < objectsPerLookup) continue;
    yield* unfinished(batch);
    batch = [];
  }
  if (batch.length > 0) yield* unfinished(batch);
  selected.ended = true;
}

/**
 * Compiles globs into a filter of keys. They are matched against the key below the prefix, see `relativeKey`: `*` matches
 * within a folder, `**` across folders, neither the start of a hidden name.
 */
export function matchGlobs({ include = [], exclude = [] }: Partial<Globs>, prefix: string): (key: string) => boolean {
  const matchesOne = (globs: readonly string[], below: string) => globs.some((glob) => posix.matchesGlob(below, glob));
  return (key) => {
    const below = relativeKey(prefix, key);
    return (include.length === 0 || matchesOne(include, below)) && !matchesOne(exclude, below);
  };
}

/**
 * The key below the folder of a prefix. A prefix may end within a name, such as `photos/2026-` or `photos`: its folder is
 * then the part up to the last slash, unless the complete prefix is the name of a folder.
 */
export function relativeKey(prefix: string, key: string): string {
  if (prefix !== '' && key.startsWith(`${prefix}/`)) return key.slice(prefix.length + 1);
  return key.slice(prefix.lastIndexOf('/') + 1);
}
