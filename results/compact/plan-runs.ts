import { dirname } from 'node:path/posix';
import { generationOf } from '../../shared/stores/keys.ts';
import type { Part } from '../open/parts.ts';

export interface ListedPart {
  readonly part: Part;
  /** Index of its file in the list in which redundant rows were found. */
  readonly fileIndex: number;
  /** Number of redundant rows. */
  readonly redundant: number;
}

/** @param redundant rows by `fileIndex`; file 0 is that of the schema */
export function listedParts(parts: readonly Part[], redundant: ReadonlyMap<number, number>): ListedPart[] {
  return parts.map((part, index) => ({ part, fileIndex: index + 1, redundant: redundant.get(index + 1) ?? 0 }));
}

/** Parts of one folder that are sorted together. */
export interface Run {
  /** Such as `results/date=2026-03-01`; the compacted parts are written to it. */
  readonly folder: string;
  readonly parts: readonly ListedPart[];
}

/**
 * The parts of folders with new parts. A folder in which all parts are of one compaction is done and not even read. Parts of
 * several compactions may hold rows twice: two ran at once, or one was killed while it removed replaced parts.
 */
export function partsToCompact(parts: readonly Part[], skipFolder: (folder: string) => boolean): Part[] {
  const byFolder = Map.groupBy(parts, ({ address }) => dirname(address.key));
  return Array.from(byFolder, ([folder, partsIn]) => {
    const generations = new Set(partsIn.map(({ address }) => generationOf(address.key)));
    const isDone = generations.size === 1 && !generations.has(undefined);
    return skipFolder(folder) || isDone ? [] : partsIn;
  }).flat();
}

/**
 * Divides parts into runs. A folder that fits into a run is sorted completely; of a larger one only parts that are new or
 * have redundant rows.
 * @param bytesPerRun maximum bytes of parts per run, unless a single part has more
 */
export function planRuns(parts: readonly ListedPart[], bytesPerRun: number): Run[] {
  const byFolder = Map.groupBy(parts, ({ part }) => dirname(part.address.key));
  return Array.from(byFolder, ([folder, partsIn]) => {
    const changed = partsIn.filter(
      ({ part, redundant }) => redundant > 0 || generationOf(part.address.key) === undefined,
    );
    const chosen = bytesOf(partsIn) <= bytesPerRun ? partsIn : changed;
    return slices(chosen, bytesPerRun).map((slice) => ({ folder, parts: slice }));
  }).flat();
}

export function bytesOf(parts: readonly ListedPart[]): number {
  return parts.reduce((sum, { part }) => sum + part.bytes, 0);
}

function slices(parts: readonly ListedPart[], bytesPerRun: number): ListedPart[][] {
  const all: ListedPart[][] = [];
  let slice: ListedPart[] = [];
  for (const part of parts) {
    if (slice.length > 0 && bytesOf(slice) + part.part.bytes > bytesPerRun) {
      all.push(slice);
      slice = [];
    }
    slice.push(part);
  }
  if (slice.length > 0) all.push(slice);
  return all;
}
