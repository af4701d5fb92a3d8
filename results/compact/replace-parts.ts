import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { compactedPartKey } from '../../shared/stores/keys.ts';
import type { ObjectStore } from '../../shared/stores/ports.ts';
import { mapParts } from '../open/parts.ts';
import type { CompactProgress } from './compact-options.ts';
import { bytesOf, type ListedPart, type Run } from './plan-runs.ts';
import { type SortedLayout, writeSorted } from './write-sorted.ts';

export interface ReplaceOptions {
  /** Compacted parts are written to it and replaced ones removed. */
  readonly store: ObjectStore;
  /** Where rows are sorted. */
  readonly work: string;
  /** See `writeSorted`. */
  readonly redundantFile: string;
  readonly layout: SortedLayout;
  /** Called at the start and after every run. */
  readonly onProgress?: ((progress: CompactProgress) => unknown) | undefined;
  /** Stops after the current run. */
  readonly stop?: AbortSignal | undefined;
  readonly now?: (() => Date) | undefined;
}

export interface Replacement {
  /** Parts that replace others. */
  readonly written: number;
  readonly replaced: number;
  readonly rowsRemoved: number;
  readonly interrupted: boolean;
}

/** Writes sorted parts for every run and then removes the replaced ones, all at the end. */
export async function replaceRuns(runs: readonly Run[], options: ReplaceOptions): Promise<Replacement> {
  const { onProgress, stop } = options;
  const generation = randomUUID();
  const total = runs.reduce((sum, { parts }) => sum + bytesOf(parts), 0);
  const replaced: ListedPart[] = [];
  let written = 0;
  onProgress?.({ replaced: 0, total });
  for (const run of runs) {
    if (stop?.aborted) break;
    written += await writeRun(run, { ...options, generation, firstPart: written });
    for (const { part } of run.parts) await part.dropCopies();
    replaced.push(...run.parts);
    onProgress?.({ replaced: bytesOf(replaced), total });
  }
  await removeParts(replaced, options.store);
  return {
    written,
    replaced: replaced.length,
    rowsRemoved: replaced.reduce((sum, { redundant }) => sum + redundant, 0),
    interrupted: replaced.length < runs.reduce((sum, { parts }) => sum + parts.length, 0),
  };
}

/** @returns the number of parts that replace those of the run */
async function writeRun(
  { folder, parts }: Run,
  {
    store,
    work,
    redundantFile,
    layout,
    generation,
    firstPart,
    now = () => new Date(),
  }: ReplaceOptions & { readonly generation: string; readonly firstPart: number },
): Promise<number> {
  const sorted = join(work, `${firstPart}`);
  const paths = await writeSorted(parts, { redundantFile, layout, folder: sorted });
  const bucket = parts[0]?.part.address.bucket ?? '';
  for (const [index, path] of paths.entries()) {
    const bytes = await readFile(path);
    const key = compactedPartKey(folder, now(), generation, firstPart + index, crc32(bytes));
    await store.write({ bucket, key }, bytes);
    await rm(path);
  }
  await rm(sorted, { recursive: true, force: true });
  return paths.length;
}

/** Removes all at once, because readers that listed them have to list again. */
async function removeParts(parts: readonly ListedPart[], store: ObjectStore): Promise<void> {
  await mapParts(
    parts.map(({ part }) => part),
    (part) => store.remove(part.address),
  );
}
