import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import type { ObjectStore } from '../../shared/stores/ports.ts';

/** A folder store with some operations replaced. */
export function folderStoreWith(changes: Partial<ObjectStore>): ObjectStore {
  const store = new FolderStore();
  return {
    list: store.list.bind(store),
    read: store.read.bind(store),
    readRange: store.readRange.bind(store),
    write: store.write.bind(store),
    create: store.create.bind(store),
    remove: store.remove.bind(store),
    ...changes,
  };
}
