import { homedir } from 'node:os';
import { join } from 'node:path';

/** A folder for files that can be made again, kept between commands: below `inception-batch` in the user's cache folder. */
export function userCacheFolder(name: string): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(cache, 'inception-batch', name);
}
