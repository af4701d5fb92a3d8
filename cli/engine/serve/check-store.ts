import { readdir } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import pMap from 'p-map';
import { UserError } from '../../../shared/failures/user-error.ts';
import { resultsPrefix } from '../../../shared/stores/keys.ts';
import { errorCode } from '../../../shared/stores/local/file-failure.ts';
import type { OpenedLocation } from '../locations.ts';
import { runInto } from '../missing-results.ts';

/** Folders that are searched for stores. */
const maxFolders = 200;

/**
 * Checks that a store exists before it is shown; an empty folder is a store without results yet. A bucket is not checked.
 * @param text as the user gave it
 * @throws {UserError} naming the stores near it
 */
export async function checkStore({ kind, bucket }: OpenedLocation, text: string): Promise<void> {
  if (kind === 's3') return;
  const names = await readdir(bucket).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    if (errorCode(error) === 'ENOTDIR') throw new UserError(`${text} is a file: give the folder of a store`);
    throw new UserError(`cannot read ${text}: ${errorCode(error)}`, { cause: error });
  });
  if (names?.length === 0 || (await daysOf(bucket)) !== undefined) return;
  const near = await storesNear(bucket);
  const advice = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `"${runInto({ store: text })}" creates one`;
  throw new UserError(`${names === undefined ? `no store ${text}` : `${text} holds no results`}: ${advice}`);
}

/** Stores around a folder and the working directory, as the user may write them. */
async function storesNear(folder: string): Promise<string[]> {
  const roots = new Set([folder, dirname(folder), process.cwd(), join(process.cwd(), '.cache')]);
  const below = await pMap(roots, foldersIn, { concurrency: 4 });
  const candidates = [...new Set([dirname(folder), ...below.flat()])].slice(0, maxFolders);
  const found = await pMap(candidates, async (path) => ((await daysOf(path))?.length ? [path] : []), {
    concurrency: 16,
  });
  return found.flat().slice(0, 3).map(shortPath);
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []); // nothing to suggest
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}

/** The days of the results of a store; undefined for another folder. Other programs have folders of this name too. */
async function daysOf(folder: string): Promise<string[] | undefined> {
  const names = await readdir(join(folder, resultsPrefix)).catch(() => undefined); // not a store
  const visible = names?.filter((name) => !name.startsWith('.'));
  return visible?.every((name) => /^date=\d{4}-\d\d-\d\d$/.test(name)) ? visible : undefined;
}

function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' ? '.' : short.startsWith('..') ? resolve(path) : short;
}
