import { homedir } from 'node:os';
import { join } from 'node:path';

/** Folder of downloaded networks: `inception-batch/models` in the user's cache folder (XDG Base Directory). */
export function modelCacheFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const base = environment['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(base, 'inception-batch', 'models');
}
