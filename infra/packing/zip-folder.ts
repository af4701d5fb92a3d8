import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type Zippable, zipSync } from 'fflate';

/** The earliest time that the format can express. */
const mtime = new Date(1980, 0, 1);
/** The attributes are those of Unix. */
const os = 3;

/**
 * Writes a ZIP file with everything in a folder. Equal files give equal bytes, whenever and wherever they were written.
 * @throws {Error} on a link, which Lambda would not follow
 */
export function zipFolder(folder: string, file: string): void {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const link = entries.find((entry) => entry.isSymbolicLink());
  if (link) throw new Error(`${join(link.parentPath, link.name)} is a link: copy the file instead`);
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const files: Zippable = {};
  for (const path of paths.sort()) {
    const mode = statSync(path).mode & 0o111 ? 0o755 : 0o644;
    const name = relative(folder, path).split(sep).join('/');
    files[name] = [readFileSync(path), { mtime, os, attrs: (0o100000 | mode) << 16, level: 9 }];
  }
  writeFileSync(file, zipSync(files));
}
