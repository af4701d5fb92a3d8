import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from './file-failure.ts';

/**
 * Creates a folder and its missing parents. Not with `recursive`, which never ends on a file system that answers `ENOENT` to
 * `mkdir` in an existing folder, as /proc does.
 * @param path absolute
 * @returns the topmost folder that was created; undefined if the folder already existed
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  try {
    await mkdir(path);
    return path;
  } catch (error) {
    if (errorCode(error) === 'EEXIST' && (await isFolder(path))) return undefined;
    const parent = dirname(path);
    if (errorCode(error) !== 'ENOENT' || parent === path) throw error;
    const above = await makeFolder(parent);
    await mkdir(path).catch(async (again: unknown) => {
      // Another process may have created it in the meantime.
      if (errorCode(again) !== 'EEXIST' || !(await isFolder(path))) throw again;
    });
    return above ?? path;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path)).isDirectory();
}
