import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { regionsPrefix } from '../../shared/stores/keys.ts';
import { type OpenedLocation, outputFolders } from './locations.ts';

/**
 * Rejects a file in a folder that the pipeline writes: other commands would read it as a part of the results.
 * @throws {UserError}
 */
export async function checkOutputFile(path: string | undefined, store: OpenedLocation): Promise<void> {
  if (path === undefined) return;
  const target = await realPath(join(await realPath(dirname(path)), basename(path)));
  // Not one of the output folders, since it may be a folder of images.
  const regions = store.kind === 'folder' ? [join(store.bucket, regionsPrefix)] : [];
  for (const folder of [...outputFolders(store), ...regions].map((output) => resolve(output))) {
    if (target.startsWith((await realPath(folder)) + sep)) {
      throw new UserError(`${path} is inside ${folder}, where the store keeps its own files: give another path`);
    }
  }
}

/** The path itself if it does not exist. */
async function realPath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
