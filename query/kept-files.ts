import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../shared/local/file-failure.ts';

/**
 * A file that is made when it is not there yet: what is immutable in its store stays right once it was fetched under its
 * tag. It gets its name only once it is whole.
 */
export async function made(path: string, folder: string, make: (partial: string) => Promise<void>): Promise<string> {
  if (await isThere(path)) return path;
  await mkdir(folder, { recursive: true });
  const partial = join(folder, `.${randomUUID()}.partial`);
  try {
    await make(partial);
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
  return path;
}

export async function isThere(path: string): Promise<boolean> {
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
