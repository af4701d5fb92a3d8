import { type Compaction, type CompactOptions, compactResults } from '../../results/compact/compact.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { testFolder } from './test-folder.ts';

/** Compacts the store in a folder. */
export async function compactStore(path: string, options: Partial<CompactOptions> = {}): Promise<Compaction> {
  return compactResults({
    source: { kind: 'folder', path },
    store: new FolderStore(),
    workFolder: await testFolder(),
    bytesPerRun: 2 ** 30,
    ...options,
  });
}
