import { constants, type Dirent } from 'node:fs';
import { access, lstat, stat } from 'node:fs/promises';
import { isHiddenName } from '../../../shared/stores/keys.ts';
import { errorCode } from '../../../shared/stores/local/file-failure.ts';
import { escapeName, escapeNameBytes, type FilePath } from '../../../shared/stores/local/file-name.ts';
import { identityOf, readDirents } from '../../../shared/stores/local/walk-folder.ts';
import { type PatternPart, partsOf } from './pattern-parts.ts';

/** The rest of a pattern, for the names of one folder. */
type Rest = readonly [PatternPart, ...PatternPart[]];

/** A name is no folder, does not exist, or is a link to itself: nothing below it can match. */
const harmless: readonly (string | undefined)[] = ['ENOTDIR', 'ENOENT', 'ELOOP'];

/**
 * The files that a pattern matches, in the order of their names, in one walk. Links to folders are followed, except by `**` to a
 * folder that contains the link. Folders that cannot be listed or entered are included, because files below them may match: they
 * are rejected with the reason when they are read. Paths begin as the pattern does; one that is not UTF-8 is given as bytes.
 * @throws {UserError} as `partsOf`
 */
export async function matchPattern(pattern: string): Promise<FilePath[]> {
  if (pattern.endsWith('/')) return [];
  const walk = new PatternWalk();
  await walk.visit(pattern.startsWith('/') ? '/' : '', partsOf(pattern).filter(hasParts), []);
  return Array.from(walk.found)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, path]) => path);
}

class PatternWalk {
  /** By a text that is different for each path. */
  readonly found = new Map<string, FilePath>();

  async visit(folder: FilePath, given: readonly Rest[], above: readonly (string | undefined)[]): Promise<void> {
    let rests = given;
    const identity = rests.some((rest) => rest.some(isFolders))
      ? await identityOf(folder.length === 0 ? '.' : folder)
      : undefined;
    if (identity !== undefined && above.includes(identity)) rests = rests.filter((rest) => !isDeep(rest));
    rests = rests.flatMap(reached);
    const below = new Below();
    for (const [part, ...rest] of rests) {
      if (part.kind === 'literal') await this.#enterLiteral(folder, part.name, rest, below);
    }
    if (rests.some(([part]) => part.kind !== 'literal')) {
      for (const entry of await this.#entriesOf(folder)) await this.#enterListed(folder, entry, rests, below);
    }
    for (const { path, rests: next } of below.folders.values()) await this.visit(path, next, [...above, identity]);
  }

  async #entriesOf(folder: FilePath): Promise<readonly (Dirent | Dirent<Buffer>)[]> {
    try {
      return await readDirents(folder.length === 0 ? '.' : folder);
    } catch (error) {
      if (!harmless.includes(errorCode(error))) this.#add(folder.length === 0 ? '.' : folder);
      return [];
    }
  }

  async #enterLiteral(folder: FilePath, name: string, rest: readonly PatternPart[], below: Below): Promise<void> {
    const path = inFolder(folder, name);
    try {
      const isFolder = (await stat(path)).isDirectory();
      if (hasParts(rest)) below.add(path, isFolder ? [rest] : []);
      else if (!isFolder) this.#add(path);
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EACCES' && !(await canEnter(folder))) this.#add(folder.length === 0 ? '.' : folder);
      else if (!harmless.includes(code) || (!hasParts(rest) && (await isLink(path)))) this.#add(path);
    }
  }

  async #enterListed(
    folder: FilePath,
    entry: Dirent | Dirent<Buffer>,
    rests: readonly Rest[],
    below: Below,
  ): Promise<void> {
    const name = entry.name.toString();
    const next: Rest[] = [];
    let isMatch = false;
    for (const rest of rests) {
      const [part, ...after] = rest;
      if (part.kind === 'folders' && !isHiddenName(name)) next.push(rest);
      if (part.kind !== 'names' || !part.matches(name)) continue;
      if (hasParts(after)) next.push(after);
      else isMatch = true;
    }
    if (entry.isFile() ? !isMatch : !isMatch && next.length === 0) return;
    const path = inFolder(folder, entry.name);
    const kind = await kindOf(entry, path);
    if (kind === 'folder') below.add(path, next);
    else if (isMatch || kind === 'unknown') this.#add(path);
  }

  #add(path: FilePath): void {
    this.found.set(textOf(path), path);
  }
}

/** Folders to visit next, each once, with all that remains of the pattern there. */
class Below {
  readonly folders = new Map<string, { readonly path: FilePath; readonly rests: Rest[] }>();

  add(path: FilePath, rests: readonly Rest[]): void {
    if (rests.length === 0) return;
    const known = this.folders.get(textOf(path));
    if (known === undefined) this.folders.set(textOf(path), { path, rests: [...rests] });
    else known.rests.push(...rests.filter((rest) => !known.rests.includes(rest)));
  }
}

function hasParts(parts: readonly PatternPart[]): parts is Rest {
  return parts.length > 0;
}

function isFolders({ kind }: PatternPart): boolean {
  return kind === 'folders';
}

function isDeep([part]: Rest): boolean {
  return isFolders(part);
}

/** `**` also matches no folder at all. */
function reached(rest: Rest): readonly Rest[] {
  const [, ...after] = rest;
  return isDeep(rest) && hasParts(after) ? [rest, ...reached(after)] : [rest];
}

/** `unknown` if neither is certain, such as a link into a folder without permission. */
async function kindOf(entry: Dirent | Dirent<Buffer>, path: FilePath): Promise<'folder' | 'other' | 'unknown'> {
  if (entry.isDirectory()) return 'folder';
  if (entry.isFile()) return 'other';
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'other';
  } catch (error) {
    return harmless.includes(errorCode(error)) ? 'other' : 'unknown';
  }
}

async function canEnter(folder: FilePath): Promise<boolean> {
  return access(folder.length === 0 ? '.' : folder, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function isLink(path: FilePath): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isSymbolicLink(),
    () => false,
  );
}

/** Not normalized, so that names stay as they were typed. */
function inFolder(folder: FilePath, name: FilePath): FilePath {
  if (folder.length === 0) return name;
  if (typeof folder === 'string' && typeof name === 'string') return folder === '/' ? `/${name}` : `${folder}/${name}`;
  const start = Buffer.from(folder);
  return Buffer.concat([start, Buffer.from(start.toString() === '/' ? '' : '/'), Buffer.from(name)]);
}

/** Different for each path. */
function textOf(path: FilePath): string {
  return typeof path === 'string' ? escapeName(path) : escapeNameBytes(path);
}
