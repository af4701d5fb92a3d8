import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../shared/stores/local/file-failure.ts';

/**
 * A file that is made when it is not there yet: what is immutable in its store stays right once it was fetched under its
 * tag. It gets its name only once it is whole.
 */
export async function ensureFile(
  path: string,
  folder: string,
  make: (partial: string) => Promise<void>,
): Promise<string> {
  if (await exists(path)) return path;
  await mkdir(folder, { recursive: true });
  const partial = join(folder, `.${randomUUID()}.partial`);
  try {
    await make(partial);
    await renameDurably(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
  return path;
}

/** Gives a file its name once its bytes are on the disk: a machine that loses its power leaves none that is half there. */
export async function renameDurably(partial: string, path: string): Promise<void> {
  const handle = await open(partial, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, path);
}

/** Names in a folder; none where there is no such folder. */
export async function listNames(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
}

/** Removes what nobody has changed for so long that nobody can still be at it, such as what a killed process left. */
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

/** A name for what has this identity, 32 hexadecimal digits. */
export function digestOf(identity: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);
}
