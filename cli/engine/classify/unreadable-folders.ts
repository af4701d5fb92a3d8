import { glob, opendir } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { errorCode } from '../../../shared/stores/local/file-failure.ts';

/** What happens to a name between the listing and the check: it is a file, or was removed. */
const harmless = ['ENOTDIR', 'ENOENT'];

/**
 * The folders that a pattern reads and that cannot be listed, which `glob` skips silently; relative paths for a relative
 * pattern.
 * @example `p/**\/*.jpg` reads p and every folder below it
 */
export async function unreadableFolders(pattern: string): Promise<string[]> {
  const checked = new Map<string, boolean>();
  for (const folders of folderPatterns(pattern)) {
    for await (const entry of glob(folders, { withFileTypes: true })) {
      if (!entry.isDirectory() && !entry.isSymbolicLink()) continue;
      const path = join(entry.parentPath, entry.name);
      if (!checked.has(path)) checked.set(path, await isUnreadable(path));
    }
  }
  const bad = Array.from(checked).flatMap(([path, isBad]) => (isBad ? [path] : []));
  return isAbsolute(pattern) ? bad : bad.map((path) => relative('', path) || '.');
}

/** Patterns of the folders whose names are compared with a part of the pattern. */
export function folderPatterns(pattern: string): string[] {
  const parts = partsOf(pattern);
  return parts.flatMap((part, index) => {
    if (!/[*?[{]/.test(part)) return [];
    const before = parts.slice(0, index).join('/') || (index === 0 ? '.' : '/');
    return part === '**' ? [before, index === 0 ? '**' : `${parts.slice(0, index).join('/')}/**`] : [before];
  });
}

/** The parts between slashes, except slashes in braces. */
function partsOf(pattern: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of pattern) {
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (character === '/' && depth === 0) parts.push('');
    else parts.push(`${parts.pop()}${character}`);
  }
  return parts;
}

async function isUnreadable(path: string): Promise<boolean> {
  try {
    await (await opendir(path)).close();
    return false;
  } catch (error) {
    return !harmless.includes(errorCode(error) ?? '');
  }
}
