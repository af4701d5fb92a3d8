import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { programName } from '../../../shared/failures/program-name.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { isInSomeStore } from '../../../shared/stores/keys.ts';
import { type FilePath, replacement } from '../../../shared/stores/local/file-name.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { type BytePath, bytePath, bytePathsOf } from './byte-paths.ts';
import type { ImageInput } from './image-input.ts';
import { ListedImage } from './image-source.ts';
import { matchPattern } from './match-pattern.ts';
import { isPattern } from './pattern-parts.ts';
import { readPaths } from './read-paths.ts';

export interface NamedImagesOptions {
  /** What `-` reads a list of paths from. */
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Receives the problem of an argument; the other arguments are still read. */
  readonly onProblem: (problem: UserError) => void;
}

/** Listings of a folder skip hidden names and files of stores, as those of `run` do. */
const folders = new FolderStore();

/**
 * The images that the arguments of a command name: a file, a folder with all files below it, a pattern such as
 * `photos/*.jpg`, or `-` for the paths on standard input. A file whose name has the characters of a pattern is that file.
 */
export async function* namedImages(
  names: readonly string[],
  { stdin, onProblem }: NamedImagesOptions,
): AsyncGenerator<ImageInput | ListedImage> {
  let isRead = false;
  // The shell gives one text for each of several names that are not UTF-8.
  const once = names.filter((name, index) => !name.includes(replacement) || names.indexOf(name) === index);
  for (const name of once) {
    try {
      if (name !== '-') yield* imagesOf(name);
      else if (!isRead) yield* listed(readPaths(stdin));
      isRead ||= name === '-';
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      onProblem(error);
    }
  }
}

async function* imagesOf(name: string): AsyncGenerator<ImageInput | ListedImage> {
  if (name === '') throw new UserError('an empty name is not an image: give the path of an image');
  const [, scheme] = /^([a-z][a-z0-9+.-]+):\/+/i.exec(name) ?? [];
  const stats = await stat(name).catch(() => undefined);
  if (stats?.isDirectory()) yield* imagesIn(name);
  else if (stats?.isFIFO())
    throw new UserError(`${name} is a pipe: give - to read a list of paths, or save the image first`);
  else if (stats !== undefined) yield name;
  else if (scheme !== undefined) throw schemeProblem(name, scheme.toLowerCase());
  else if (isPattern(name)) yield* matching(name);
  else yield* exactly(name); // a missing file is rejected with the reason
}

async function* listed(paths: AsyncIterable<FilePath>): AsyncGenerator<ImageInput | ListedImage> {
  for await (const path of paths) yield inputOf(path);
}

function inputOf(path: FilePath): ImageInput | ListedImage {
  return typeof path === 'string' ? path : byteSource(bytePath(path));
}

/** The file of this text, or all files of a text in which bytes that are not UTF-8 were replaced. */
async function* exactly(text: string): AsyncGenerator<ImageInput | ListedImage> {
  const found = text.includes(replacement) ? await bytePathsOf(text) : [];
  if (found.length === 0) yield text;
  else yield* found.map(byteSource);
}

function byteSource({ name, key }: BytePath): ListedImage {
  const object = { bucket: '/', key, etag: '', size: 0, modified: new Date(0) };
  return new ListedImage(name, object, folders);
}

async function* imagesIn(folder: string): AsyncGenerator<ListedImage> {
  let count = 0;
  for await (const object of folders.list(resolve(folder), '')) {
    if (isInSomeStore(object.key)) continue;
    count += 1;
    yield new ListedImage(join(folder, object.key), object, folders);
  }
  if (count === 0) throw new UserError(`no images in ${folder}`);
}

/** Files that match a pattern, and folders that hide whether others do, see `matchPattern`. */
async function* matching(pattern: string): AsyncGenerator<ImageInput | ListedImage> {
  const found = await matchPattern(pattern);
  yield* found.map(inputOf);
  if (found.length === 0) throw new UserError(`no file matches ${pattern}`);
}

function schemeProblem(name: string, scheme: string): UserError {
  if (scheme === 's3') return new UserError(`${name} is in a bucket: "${programName()} run" classifies buckets`);
  if (scheme === 'file') return new UserError(`${name} is a URL: give the path of the file`);
  return new UserError(`${name} is an address: download the image first, and give its path`);
}
