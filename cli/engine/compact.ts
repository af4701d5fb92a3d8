import { mkdir } from 'node:fs/promises';
import { type Compaction, compactResults } from '../../results/compact/compact.ts';
import type { CompactProgress } from '../../results/compact/compact-options.ts';
import { withGuardedStore } from './guard-store.ts';
import { openStore, resultsSource, type StoreOptions } from './locations.ts';
import { noResults } from './missing-results.ts';

/** Bytes of parts sorted together; sorting needs three times as much disk space. */
const bytesPerRun = 8e9;

export interface TimedCompaction extends Compaction {
  readonly seconds: number;
}

/** Compacts the results of a store. @throws {UserError} if there are none */
export async function compactStore(
  options: StoreOptions,
  hooks: { readonly stop: AbortSignal; readonly onProgress: (progress: CompactProgress) => void },
): Promise<TimedCompaction> {
  const store = await openStore(options);
  const source = resultsSource(store);
  const workFolder = source.kind === 'folder' ? source.path : source.cacheFolder;
  const started = performance.now();
  if (source.kind === 'remote') await mkdir(workFolder, { recursive: true });
  const done = await withGuardedStore(store, ({ objects }) =>
    compactResults({ source, store: objects, workFolder, bytesPerRun, ...hooks }),
  );
  if (done.partsBefore === 0) throw await noResults(store, options);
  return { ...done, seconds: Number(((performance.now() - started) / 1000).toFixed(1)) };
}
