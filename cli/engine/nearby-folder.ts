import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { suggest } from '../../shared/failures/suggest.ts';

/** The end of the message about a missing folder: ` (did you mean photos?)`, a folder next to it, or nothing. */
export async function nearbyFolder(path: string): Promise<string> {
  const parent = dirname(path);
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []); // nothing to suggest
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const nearest = suggest(basename(path), folders);
  return nearest === undefined ? '' : ` (did you mean ${join(parent, nearest)}?)`;
}
