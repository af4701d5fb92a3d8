import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { repository } from '../support/cli.ts';

/** Every source file outside `test/`, by its path from the repository's root, with the files of the repository that it imports. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** Imports of values and of types, dynamic imports, and the modules that are started as threads. */
const specifier =
  /(?:from|import|import\(|new URL\()\s*['"`](\.{1,2}\/[^'"`$]+)(?:\$\{extname\(import\.meta\.url\)\})?['"`]/g;

export function readImports(): Imports {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
  });
  const files = listed
    .toString()
    .split('\0')
    .filter((path) => /\.(ts|tsx|js)$/.test(path) && path.includes('/') && !path.startsWith('test/'))
    .filter((path) => existsSync(join(repository, path)));
  const known = new Set(files);
  return new Map(
    files.map((file) => [file, importsOf(file).filter((path) => known.has(path) || path.startsWith('test/'))]),
  );
}

/** Folders at the top of the repository, without hidden ones. */
export function topFolders(): string[] {
  const folders = projectFiles(['--cached']).filter((path) => path.includes('/') && !path.startsWith('.'));
  return [...new Set(folders.map((path) => path.slice(0, path.indexOf('/'))))];
}

/** By default also those that are not committed yet, if git does not ignore them. */
function projectFiles(which = ['--cached', '--others', '--exclude-standard']): string[] {
  return execFileSync('git', ['ls-files', '-z', ...which], { cwd: repository })
    .toString()
    .split('\0');
}

/** The files that a file imports, by their path from the repository's root. */
export function importsOf(file: string): string[] {
  const source = readFileSync(join(repository, file), 'utf8');
  return Array.from(source.matchAll(specifier), ([, path = '']) => {
    const target = normalize(join(dirname(file), path));
    return /\.\w+$/.test(target) ? target : `${target}.ts`;
  });
}

/** Every file that these files load, themselves included. */
export function reachedFrom(files: readonly string[], imports: Imports): Set<string> {
  const reached = new Set<string>();
  const waiting = [...files];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    waiting.push(...(imports.get(file) ?? []));
  }
  return reached;
}

/** Files that import each other, directly or through others: each circle once, in the order of the imports. */
export function importCircles(imports: Imports): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const start = path.indexOf(file);
    if (start >= 0) circles.push(path.slice(start));
    if (start >= 0 || done.has(file)) return;
    path.push(file);
    for (const imported of imports.get(file) ?? []) visit(imported);
    path.pop();
    done.add(file);
  };
  for (const file of imports.keys()) visit(file);
  return circles;
}
