import { access, constants, rmdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { firstIssue } from '../../shared/failures/first-issue.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { resultsPrefix } from '../../shared/stores/keys.ts';
import { makeFolder } from '../../shared/stores/local/make-folder.ts';
import { withGuardedStore } from './guard-store.ts';
import type { OpenedLocation } from './locations.ts';

/**
 * Does work that writes results, once it is known that they can be stored, see `withGuardedStore`. Folders that were created
 * for them, and to which nothing was written, are removed at the end.
 * @throws {UserError} if a folder cannot be created or written, or was removed; a bucket is not checked
 */
export async function inPreparedStore<T>(
  store: OpenedLocation,
  work: (store: OpenedLocation) => Promise<T>,
): Promise<T> {
  const { kind, bucket } = store;
  if (kind === 's3') return work(store);
  const folder = resolve(bucket, resultsPrefix);
  const topmost = await makeWritable(folder).catch((cause: unknown) => {
    throw new UserError(`results cannot be stored in ${bucket}: ${firstIssue(cause)}`, { cause });
  });
  try {
    return await withGuardedStore(store, work);
  } finally {
    await removeEmptyFolders(folder, topmost);
  }
}

/** Returns the topmost folder that it created. */
async function makeWritable(folder: string): Promise<string | undefined> {
  const topmost = await makeFolder(folder);
  await access(folder, constants.W_OK);
  return topmost;
}

/** Removes a folder and its parents up to the topmost one, while they are empty. */
async function removeEmptyFolders(folder: string, topmost: string | undefined): Promise<void> {
  if (topmost === undefined) return;
  const isRemoved = await rmdir(folder).then(
    () => true,
    () => false,
  );
  if (isRemoved && folder !== topmost) await removeEmptyFolders(dirname(folder), topmost);
}
