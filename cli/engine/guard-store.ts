import { type FileHandle, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { resultsPrefix } from '../../shared/stores/keys.ts';
import type { ObjectStore } from '../../shared/stores/ports.ts';
import type { OpenedLocation } from './locations.ts';

/**
 * Passes a store to `work` and checks its folder before each write and removal, and at the end: after the folder of the
 * store or of its results was removed, or its disk unmounted, writes would make a new folder at the same path, without the
 * earlier objects. Buckets are not checked.
 * @throws {UserError} if a folder of the store was replaced
 */
export async function withGuardedStore<T>(
  store: OpenedLocation,
  work: (store: OpenedLocation) => Promise<T>,
): Promise<T> {
  if (store.kind !== 'folder') return work(store);
  const folders = await Promise.all([store.bucket, resolve(store.bucket, resultsPrefix)].map(openFolder));
  const check = async () => {
    for (const folder of folders) await checkFolder(folder);
  };
  try {
    const result = await work({ ...store, objects: checkedStore(store.objects, check) });
    await check();
    return result;
  } finally {
    for (const { handle } of folders) await handle?.close();
  }
}

function checkedStore(objects: ObjectStore, check: () => Promise<void>): ObjectStore {
  return {
    list: (bucket, prefix, onSkip) => objects.list(bucket, prefix, onSkip),
    read: (address, options) => objects.read(address, options),
    readRange: (address, range) => objects.readRange(address, range),
    async write(address, bytes) {
      await check();
      await objects.write(address, bytes);
    },
    async create(address, bytes) {
      await check();
      return objects.create(address, bytes);
    },
    async remove(address) {
      await check();
      await objects.remove(address);
    },
  };
}

interface Folder {
  readonly path: string;
  /** Keeps the folder open, so that its number is not given to another. Undefined where systems do not open folders. */
  readonly handle: FileHandle | undefined;
}

async function openFolder(path: string): Promise<Folder> {
  return { path, handle: await open(path, 'r').catch(() => undefined) };
}

async function checkFolder({ path, handle }: Folder): Promise<void> {
  if (handle === undefined) return;
  const first = await handle.stat({ bigint: true });
  const now = await stat(path, { bigint: true }).catch(() => undefined);
  if (first.dev === now?.dev && first.ino === now.ino) return;
  throw new UserError(
    `the folder ${path} was removed, or its disk unmounted, while results were written to it: run again when it is back`,
  );
}
