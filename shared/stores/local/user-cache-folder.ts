import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { UserError } from '../../failures/user-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A folder for files that can be made again, kept between commands: below `inception-batch` in the user's cache folder (XDG
 * Base Directory, which ignores a relative path). It is not created.
 * @param name such as `models`
 * @throws {UserError} if the user has no home folder and XDG_CACHE_HOME is not set
 */
export function userCacheFolder(name: string, environment: Environment = process.env): string {
  return join(cacheHome(environment), 'inception-batch', name);
}

/** As `userCacheFolder`; undefined without a home folder, for a cache that only saves time. */
export function userCacheFolderIfAny(name: string, environment: Environment = process.env): string | undefined {
  try {
    return userCacheFolder(name, environment);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function cacheHome({ XDG_CACHE_HOME: cache = '' }: Environment): string {
  if (isAbsolute(cache)) return cache;
  try {
    const home = homedir();
    if (isAbsolute(home)) return join(home, '.cache');
    throw new Error(`the home folder is not an absolute path: ${home}`);
  } catch (cause) {
    throw new UserError('no home folder for the cache: set XDG_CACHE_HOME to a writable folder', { cause });
  }
}
