import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { suggest } from '../../shared/failures/suggest.ts';
import { resultsPrefix } from '../../shared/stores/keys.ts';

/** A store with a similar name next to a folder, or else the only one in the folder, or the only one next to it. */
export async function nearbyStore(path: string): Promise<string | undefined> {
  const parent = dirname(path);
  const siblings = await storesIn(parent);
  const byName = suggest(
    basename(path),
    siblings.map((each) => basename(each)),
  );
  if (byName !== undefined) return join(parent, byName);
  const inside = await storesIn(path);
  return [inside, siblings].find(({ length }) => length === 1)?.[0];
}

/** The folders in a folder that contain parts of results. */
async function storesIn(folder: string): Promise<string[]> {
  const stores: string[] = [];
  for (const name of ((await foldersIn(folder)) ?? []).slice(0, maxFolders)) {
    const parts = await foldersIn(join(folder, name, resultsPrefix));
    if (parts?.some((part) => /^date=\d{4}-\d\d-\d\d$/.test(part))) stores.push(join(folder, name));
  }
  return stores;
}

/** A folder may hold a million images. */
const maxFolders = 1000;

/** The names of the folders in a folder; undefined if it cannot be read. */
export async function foldersIn(folder: string): Promise<string[] | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  return entries?.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
