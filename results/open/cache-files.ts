import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { diskProblem, errorCode } from '../../shared/stores/local/file-failure.ts';

/**
 * Creates a file unless it exists. `write` writes it under another name, which is changed once the file is complete. Cached
 * copies of immutable objects never become stale, because their etag is part of the path.
 * @throws {UserError} if the folder cannot be written
 */
export async function ensureFile(
  path: string,
  folder: string,
  write: (partial: string) => Promise<void>,
): Promise<string> {
  if (await exists(path)) return path;
  const partial = join(folder, `.${randomUUID()}.partial`);
  try {
    await mkdir(folder, { recursive: true });
    await write(partial);
    await renameDurably(partial, path);
  } catch (cause) {
    const problem = diskProblem(cause);
    if (problem === undefined) throw cause;
    throw new UserError(`the cache folder ${folder} cannot be written: ${problem}, or set XDG_CACHE_HOME`, { cause });
  } finally {
    await rm(partial, { force: true }).catch(() => undefined); // the first error is the cause
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

/** Removes entries that did not change for this long, such as those of a killed process. Skips those that it cannot remove. */
export async function removeOld(folder: string, names: readonly string[], olderThanMs: number): Promise<void> {
  for (const name of names) {
    const path = join(folder, name);
    const stats = await stat(path).catch(() => undefined);
    if (stats !== undefined && Date.now() - stats.mtimeMs > olderThanMs)
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
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
