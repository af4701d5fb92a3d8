import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { UserError } from '../../failures/user-error.ts';
import { isHiddenName } from '../keys.ts';
import type { SkippedName } from '../ports.ts';
import { errorCode } from './file-failure.ts';
import { escapeName, escapeNameBytes, type FilePath, joinName, replacement } from './file-name.ts';

/** A file below a folder; `stats` is undefined if it was removed in the meantime. */
export interface WalkedFile {
  readonly key: string;
  readonly stats: BigIntStats | undefined;
}

export interface WalkOptions {
  /** Only keys with this prefix are returned. */
  readonly prefix: string;
  /** Absolute paths of folders to skip, also if a symbolic link leads to them. */
  readonly exclude: readonly string[];
  /** Called for each name that is skipped. */
  readonly onSkip?: ((why: SkippedName) => void) | undefined;
}

interface Entry {
  readonly key: string;
  readonly path: FilePath;
  readonly isFolder: boolean;
}

/**
 * Lists every file below a folder, ordered by key. Names that are not UTF-8 are escaped, see `escapeName`; hidden names are
 * skipped. Symbolic links are followed, except to a folder that contains the link. Entries that cannot be read (a broken
 * link, a pipe, a folder without permission) are included: they are rejected later with a reason instead of being lost.
 * @throws {UserError} if the folder, or a folder on the path of the prefix, cannot be listed
 */
export async function* walkFolder(folder: string, options: WalkOptions): AsyncGenerator<WalkedFile> {
  const identity = await identityOf(folder);
  if (identity !== undefined && (await isExcluded(identity, options.exclude))) return;
  const entries = await entriesOf(folder, '', options.onSkip).catch((cause: unknown) => {
    throw cannotList(folder, cause);
  });
  yield* walk(entries, [identity], options);
}

async function* walk(
  entries: readonly Entry[],
  above: readonly (string | undefined)[],
  options: WalkOptions,
): AsyncGenerator<WalkedFile> {
  const { prefix, exclude, onSkip = () => {} } = options;
  for (const { key, path, isFolder } of entries) {
    const matches = key.startsWith(prefix);
    if (!isFolder) {
      if (matches) yield { key, stats: await entryStats(path) };
      continue;
    }
    const inside = `${key}/`;
    if (!inside.startsWith(prefix) && !prefix.startsWith(inside)) continue;
    const identity = await identityOf(path);
    if (identity !== undefined && above.includes(identity)) continue;
    if (identity !== undefined && (await isExcluded(identity, exclude))) {
      onSkip('store');
      continue;
    }
    const below = await entriesOf(path, inside, onSkip).catch((cause: unknown) => {
      if (matches) return undefined;
      throw cannotList(String(path), cause);
    });
    if (below === undefined) yield { key, stats: await entryStats(path) };
    else yield* walk(below, [...above, identity], options);
  }
}

/** The entries of a folder, sorted as an object store sorts keys: a folder by its name with a slash. */
async function entriesOf(
  folder: FilePath,
  keyPrefix: string,
  onSkip: WalkOptions['onSkip'] = () => {},
): Promise<Entry[]> {
  const sorted: { readonly order: string; readonly entry: Entry }[] = [];
  for (const { dirent, name } of await readNames(folder)) {
    if (isHiddenName(name)) {
      onSkip('hidden');
      continue;
    }
    const path = joinName(folder, dirent.name);
    const isFolder = dirent.isDirectory() || (dirent.isSymbolicLink() && (await leadsToFolder(path)));
    sorted.push({ order: isFolder ? `${name}/` : name, entry: { key: keyPrefix + name, path, isFolder } });
  }
  sorted.sort((a, b) => (a.order < b.order ? -1 : 1));
  return sorted.map(({ entry }) => entry);
}

interface NamedEntry {
  readonly dirent: Dirent | Dirent<Buffer>;
  /** As in a key, see `escapeName`. */
  readonly name: string;
}

async function readNames(folder: FilePath): Promise<NamedEntry[]> {
  return (await readDirents(folder)).map((dirent) => {
    const { name } = dirent;
    return { dirent, name: typeof name === 'string' ? escapeName(name) : escapeNameBytes(name) };
  });
}

/**
 * The entries of a folder; their names are bytes if one of them may not be UTF-8: bytes take longer to read.
 * @throws an error of the operating system
 */
export async function readDirents(folder: FilePath): Promise<readonly (Dirent | Dirent<Buffer>)[]> {
  const dirents = await readdir(folder, { withFileTypes: true });
  if (!dirents.some(({ name }) => name.includes(replacement))) return dirents;
  return readdir(folder, { withFileTypes: true, encoding: 'buffer' });
}

async function leadsToFolder(link: FilePath): Promise<boolean> {
  return (await follow(link))?.isDirectory() ?? false;
}

/** The stats of a link's target, or of a broken link itself with a size of 0. */
export async function entryStats(path: FilePath): Promise<BigIntStats | undefined> {
  const stats = await follow(path);
  if (stats !== undefined) return stats;
  const linkStats = await lstat(path, { bigint: true }).catch(() => undefined);
  if (linkStats !== undefined) linkStats.size = 0n;
  return linkStats;
}

/** The same text for every path to the same folder; undefined if it does not exist or cannot be entered. */
export async function identityOf(folder: FilePath): Promise<string | undefined> {
  const stats = await follow(folder);
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`;
}

/** Checked again for every folder: an excluded one may be created during the walk. */
async function isExcluded(identity: string, exclude: readonly string[]): Promise<boolean> {
  for (const path of exclude) if ((await identityOf(path)) === identity) return true;
  return false;
}

/** Undefined if the file does not exist or its folder cannot be entered; the file is then listed without stats. */
async function follow(path: FilePath): Promise<BigIntStats | undefined> {
  return stat(path, { bigint: true }).catch(() => undefined);
}

function cannotList(folder: string, cause: unknown): UserError {
  const code = errorCode(cause);
  if (code === 'ENOENT' && folder.includes(replacement)) {
    return new UserError(`the path ${folder} is not UTF-8: give a symbolic link to the folder`, { cause });
  }
  if (code === 'ENOENT') return new UserError(`the folder ${folder} does not exist`, { cause });
  if (code === 'ENOTDIR') return new UserError(`${folder} is a file: give a folder`, { cause });
  if (code === 'EACCES') return new UserError(`the folder ${folder} cannot be listed: permission denied`, { cause });
  const message = cause instanceof Error ? cause.message : String(cause);
  return new UserError(`the folder ${folder} cannot be listed: ${message}`, { cause });
}
