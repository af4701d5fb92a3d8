import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from './file-failure.ts';

/**
 * Makes a folder and those above it that are missing. Not by `recursive`, which never ends where a file system answers
 * "no such folder" to making one, as /proc does.
 * @param path absolute
 * @returns the topmost folder that was made; undefined where there was nothing to make
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
      // Somebody else may have made it meanwhile.
      if (errorCode(again) !== 'EEXIST' || !(await isFolder(path))) throw again;
    });
    return above ?? path;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path)).isDirectory();
}
