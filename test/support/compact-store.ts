import { type Compaction, compactResults } from '../../results/compact/compact.ts';
import type { CompactOptions } from '../../results/compact/compact-options.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Compacts the store in a folder. */
export async function compactStore(path: string, options: Partial<CompactOptions> = {}): Promise<Compaction> {
  return compactResults({
    source: { kind: 'folder', path },
    store: new FolderStore(),
    workFolder: temporaryFolder(),
    bytesPerRun: 2 ** 30,
    ...options,
  });
}
