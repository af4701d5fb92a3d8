import type { BigIntStats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../failures/user-error.ts';
import { errorCode } from './file-failure.ts';

/** A file below a folder; `stats` is missing when it vanished meanwhile or its name is not text. */
export interface FoundFile {
  readonly key: string;
  readonly stats: BigIntStats | undefined;
}

export interface WalkOptions {
  /** Only keys that begin with this text. */
  readonly prefix: string;
  /** Absolute paths of folders that are not entered, by whatever path the walk reaches them. */
  readonly exclude: readonly string[];
}

interface Entry {
  readonly key: string;
  readonly path: string;
  readonly isFolder: boolean;
}

/**
 * Every file below a folder, in the order of its key. Hidden names are left out; symbolic links are followed, but no
 * folder is entered from inside itself. Whatever else has a name is found, even if it cannot be read (a broken link,
 * a pipe, a folder without the right to list it): to be rejected later with its reason is better than to be lost.
 * @throws {UserError} when the folder, or one that the prefix leads into, cannot be listed.
 */
export async function* walkFolder(folder: string, options: WalkOptions): AsyncGenerator<FoundFile> {
  const identity = await identityOf(folder);
  if (identity !== undefined && (await isExcluded(identity, options.exclude))) return;
  const entries = await entriesOf(folder, '').catch((cause: unknown) => {
    throw cannotList(folder, cause);
  });
  yield* walk(entries, [identity], options);
}

async function* walk(
  entries: readonly Entry[],
  above: readonly (string | undefined)[],
  options: WalkOptions,
): AsyncGenerator<FoundFile> {
  const { prefix, exclude } = options;
  for (const { key, path, isFolder } of entries) {
    const wanted = key.startsWith(prefix);
    if (!isFolder) {
      if (wanted) yield { key, stats: await statsOf(path) };
      continue;
    }
    const inside = `${key}/`;
    if (!inside.startsWith(prefix) && !prefix.startsWith(inside)) continue;
    const identity = await identityOf(path);
    if (identity !== undefined && (above.includes(identity) || (await isExcluded(identity, exclude)))) continue;
    const below = await entriesOf(path, inside).catch((cause: unknown) => {
      if (wanted) return undefined;
      throw cannotList(path, cause);
    });
    if (below === undefined) yield { key, stats: await statsOf(path) };
    else yield* walk(below, [...above, identity], options);
  }
}

/** What a folder holds, sorted as an object store sorts keys: a folder by its name and a slash. */
async function entriesOf(folder: string, keyPrefix: string): Promise<Entry[]> {
  const sorted: { readonly order: string; readonly entry: Entry }[] = [];
  for (const found of await readdir(folder, { withFileTypes: true })) {
    if (found.name.startsWith('.')) continue;
    const path = join(folder, found.name);
    const isFolder = found.isDirectory() || (found.isSymbolicLink() && (await leadsToFolder(path)));
    const entry = { key: keyPrefix + found.name, path, isFolder };
    sorted.push({ order: isFolder ? `${found.name}/` : found.name, entry });
  }
  sorted.sort((a, b) => (a.order < b.order ? -1 : 1));
  return sorted.map(({ entry }) => entry);
}

async function leadsToFolder(link: string): Promise<boolean> {
  return (await follow(link))?.isDirectory() ?? false;
}

/** Of what a link leads to, else of the link itself with no bytes. */
async function statsOf(path: string): Promise<BigIntStats | undefined> {
  const stats = await follow(path);
  if (stats !== undefined) return stats;
  const own = await lstat(path, { bigint: true }).catch(() => undefined);
  if (own !== undefined) own.size = 0n;
  return own;
}

/** The same for every path to one folder. */
async function identityOf(folder: string): Promise<string | undefined> {
  const stats = await follow(folder);
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`;
}

/** Asked anew for every folder: the excluded one may be made while the walk goes on. */
async function isExcluded(identity: string, exclude: readonly string[]): Promise<boolean> {
  for (const path of exclude) if ((await identityOf(path)) === identity) return true;
  return false;
}

/** Not found and not allowed are answers here: the file is listed without what cannot be known of it. */
async function follow(path: string): Promise<BigIntStats | undefined> {
  return stat(path, { bigint: true }).catch(() => undefined);
}

function cannotList(folder: string, cause: unknown): UserError {
  const code = errorCode(cause);
  if (code === 'ENOENT') return new UserError(`expected a folder, but there is no ${folder}`, { cause });
  if (code === 'ENOTDIR') return new UserError(`expected a folder, but ${folder} is a file`, { cause });
  if (code === 'EACCES') return new UserError(`the folder ${folder} may not be listed: permission denied`, { cause });
  const message = cause instanceof Error ? cause.message : String(cause);
  return new UserError(`the folder ${folder} cannot be listed: ${message}`, { cause });
}
