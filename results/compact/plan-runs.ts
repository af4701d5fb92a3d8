import { dirname } from 'node:path/posix';
import { generationOf } from '../../shared/stores/keys.ts';
import type { Part } from '../open/parts.ts';

/** A part, and what is known of its rows. */
export interface ListedPart {
  readonly part: Part;
  /** Its place in the list that redundant rows were found in. */
  readonly fileIndex: number;
  /** How many of its rows are redundant. */
  readonly redundant: number;
}

/** Parts of one folder that are sorted together. */
export interface Run {
  /** As `results/date=2026-03-01`; what is compacted of them lies there too. */
  readonly folder: string;
  readonly parts: readonly ListedPart[];
}

/**
 * The parts of folders that have something new in them; those that one compaction wrote are left as they are, and not even
 * read. Two that ran at once, or one that was killed while it removed what it had replaced, leave rows twice.
 */
export function partsToCompact(parts: readonly Part[], skipFolder: (folder: string) => boolean): Part[] {
  const byFolder = Map.groupBy(parts, ({ address }) => dirname(address.key));
  return Array.from(byFolder, ([folder, own]) => {
    const generations = new Set(own.map(({ address }) => generationOf(address.key)));
    const isDone = generations.size === 1 && !generations.has(undefined);
    return skipFolder(folder) || isDone ? [] : own;
  }).flat();
}

/**
 * Which parts are rewritten together. A folder that fits in a run is sorted as a whole, of a larger one only what is new,
 * or has rows too many.
 * @param bytesAtOnce of parts in a run at most, unless a single part has more
 */
export function planRuns(parts: readonly ListedPart[], bytesAtOnce: number): Run[] {
  const byFolder = Map.groupBy(parts, ({ part }) => dirname(part.address.key));
  return Array.from(byFolder, ([folder, own]) => {
    const loose = own.filter(({ part, redundant }) => redundant > 0 || generationOf(part.address.key) === undefined);
    const chosen = bytesOf(own) <= bytesAtOnce ? own : loose;
    return slices(chosen, bytesAtOnce).map((slice) => ({ folder, parts: slice }));
  }).flat();
}

export function bytesOf(parts: readonly ListedPart[]): number {
  return parts.reduce((sum, { part }) => sum + part.bytes, 0);
}

function slices(parts: readonly ListedPart[], bytesAtOnce: number): ListedPart[][] {
  const all: ListedPart[][] = [];
  let slice: ListedPart[] = [];
  for (const part of parts) {
    if (slice.length > 0 && bytesOf(slice) + part.part.bytes > bytesAtOnce) {
      all.push(slice);
      slice = [];
    }
    slice.push(part);
  }
  if (slice.length > 0) all.push(slice);
  return all;
}
