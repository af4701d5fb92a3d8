import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  escapeName,
  escapeNameBytes,
  type FilePath,
  joinName,
  replacement,
} from '../../../shared/stores/local/file-name.ts';

/** A path that is not UTF-8, as the text of a key, see `escapeName`. */
export interface BytePath {
  readonly name: string;
  /** Below the root. */
  readonly key: string;
}

export function bytePath(path: Buffer): BytePath {
  const name = escapeNameBytes(path);
  return { name, key: resolve(escapeName(process.cwd()), name).slice(1) };
}

/** The files that an argument may mean in which Node has replaced bytes that are not UTF-8. */
export async function bytePathsOf(text: string): Promise<BytePath[]> {
  let paths: FilePath[] = [''];
  for (const [index, name] of text.split('/').entries()) {
    const found = await Promise.all(paths.map((path) => namesIn(path, name, index === 0)));
    paths = found.flat();
  }
  return paths.filter((path) => typeof path !== 'string').map(bytePath);
}

async function namesIn(folder: FilePath, name: string, isFirst: boolean): Promise<FilePath[]> {
  const inFolder = (each: FilePath) => (isFirst ? each : join(folder, each));
  if (!name.includes(replacement)) return [inFolder(name)];
  const names = await readdir(isFirst ? '.' : folder.length === 0 ? '/' : folder, { encoding: 'buffer' }).catch(
    () => [],
  );
  return names.filter((each) => each.toString() === name).map(inFolder);
}

/** Keeps the slash of an absolute path. */
function join(folder: FilePath, name: FilePath): FilePath {
  if (folder.length > 0) return joinName(folder, name);
  return typeof name === 'string' ? `/${name}` : Buffer.concat([Buffer.from('/'), name]);
}
