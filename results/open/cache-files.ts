import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../shared/stores/local/file-failure.ts';

/**
 * Creates a file unless it exists. `write` writes it under another name, which is changed once the file is complete. Cached
 * copies of immutable objects never become stale, because their etag is part of the path.
 */
export async function ensureFile(
  path: string,
  folder: string,
  write: (partial: string) => Promise<void>,
): Promise<string> {
  if (await exists(path)) return path;
  await mkdir(folder, { recursive: true });
  const partial = join(folder, `.${randomUUID()}.partial`);
  try {
    await write(partial);
    await renameDurably(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
  return path;
}

/** Flushes a file to disk before it renames it, so that no incomplete file has the final name after a power failure. */
export async function renameDurably(partial: string, path: string): Promise<void> {
  const handle = await open(partial, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, path);
}

/** The names in a folder, none if it is missing. */
export async function listNames(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
}

/** Removes entries that did not change for this long, such as those of a killed process. */
export async function removeOld(folder: string, names: readonly string[], olderThanMs: number): Promise<void> {
  for (const name of names) {
    const path = join(folder, name);
    const stats = await stat(path).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (stats !== undefined && Date.now() - stats.mtimeMs > olderThanMs)
      await rm(path, { recursive: true, force: true });
  }
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (error: unknown) => {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    },
  );
}

/** A file name for this identity, 32 hexadecimal digits. */
export function digestOf(identity: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);
}
