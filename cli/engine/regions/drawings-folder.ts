import { mkdir, readdir, realpath, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import { UserError } from '../../../shared/failures/user-error.ts';
import { diskProblem, errorCode } from '../../../shared/stores/local/file-failure.ts';

/** Longer names are cut: a file system allows 255 bytes, and a character has up to four. */
const maxStem = 50;

/** A folder for drawings of images, which was empty or new. */
export class DrawingsFolder {
  readonly #path: string;
  readonly #realPath: string;
  readonly #names = new Set<string>();

  private constructor(path: string, realPath: string) {
    this.#path = path;
    this.#realPath = realPath;
  }

  /**
   * Creates the folder if it is missing.
   * @throws {UserError} if it is not an empty folder: no image and no earlier drawing is ever replaced
   */
  static async open(path: string): Promise<DrawingsFolder> {
    if (path === '') throw new UserError('--out is empty: give a new or empty folder');
    try {
      await mkdir(path, { recursive: true });
      if ((await readdir(path)).length > 0) throw new UserError(`${path} is not empty: give a new or empty folder`);
      return new DrawingsFolder(path, await realpath(path));
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EEXIST') throw new UserError(`${path} is a file: give a new or empty folder`);
      if (code === 'ENOTDIR') throw new UserError(`${path} cannot be created: a part of its path is a file`);
      throw writeProblem(path, error);
    }
  }

  /** Whether a file is one of the drawings: a folder of images may contain this folder. */
  async has(file: string): Promise<boolean> {
    const folder = await realpath(dirname(resolve(file))).catch(() => undefined);
    return folder !== undefined && `${folder}${sep}`.startsWith(`${this.#realPath}${sep}`);
  }

  /**
   * Writes the drawing of an image. Images of the same name get numbers: `tench.jpg`, `tench-2.jpg`.
   * @returns the path
   * @throws {UserError} if it cannot be written
   */
  async write(image: string, jpeg: Uint8Array): Promise<string> {
    const stem = stemOf(image);
    let name = `${stem}.jpg`;
    for (let number = 2; this.#names.has(name.toLowerCase()); number += 1) name = `${stem}-${number}.jpg`;
    this.#names.add(name.toLowerCase());
    const path = join(this.#path, name);
    try {
      await writeFile(path, jpeg, { flag: 'wx' });
    } catch (error) {
      throw writeProblem(path, error);
    }
    return path;
  }
}

function stemOf(image: string): string {
  const name = basename(image);
  const stem = Array.from(name.slice(0, name.length - extname(name).length))
    .slice(0, maxStem)
    .join('');
  return stem === '' ? 'image' : stem;
}

function writeProblem(path: string, error: unknown): unknown {
  const problem = diskProblem(error);
  if (problem === undefined) return error;
  return new UserError(`${path} cannot be written: ${problem}`, { cause: error });
}
