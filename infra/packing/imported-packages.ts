import { isBuiltin } from 'node:module';
import type { Metafile } from 'esbuild';
import { type Lock, readLock } from './lock.ts';

/** Packages that a bundled package tries to load and does without, with the package that tries. */
const optional: Readonly<Record<string, string>> = {
  // To color its output on a terminal.
  'supports-color': 'debug',
};

/**
 * The packages that bundles import at run time, with their locked versions.
 * @throws {Error} if one is missing in the lock: it would not be installed; or if a bundled package has binaries: they would
 *   be missing
 */
export function importedPackages(repository: string, metafile: Metafile): Record<string, string> {
  const lock = readLock(repository);
  const packages = new Map<string, string>();
  for (const { path: file, imports } of bundledFiles(metafile)) {
    const bundled = /node_modules\/(?:.*node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
    if (bundled !== undefined && hasBinaries(lock, bundled))
      throw new Error(`the bundle contains ${bundled}, but not its binaries: add the package to unbundled`);
    for (const name of imports.map(packageOf)) {
      const version = lock.packages[`node_modules/${name}`]?.version;
      if (version !== undefined) packages.set(name, version);
      else if (bundled === undefined || bundled !== `node_modules/${optional[name]}`)
        throw new Error(`${file} imports ${name}, which is missing in package-lock.json: it would not be installed`);
    }
  }
  return Object.fromEntries([...packages].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The files of which something is in the bundles, and what they import of outside. */
function bundledFiles({ inputs, outputs }: Metafile): { path: string; imports: string[] }[] {
  return Object.values(outputs).flatMap((output) => {
    const outside = new Set(output.imports.filter(({ external }) => external).map(({ path }) => path));
    const files = Object.keys(output.inputs).filter((file) => output.inputs[file]?.bytesInOutput);
    return files.map((path) => {
      const imports = inputs[path]?.imports.filter(({ external }) => external).map((each) => each.path) ?? [];
      return { path, imports: imports.filter((name) => outside.has(name) && !isBuiltin(name)) };
    });
  });
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** Whether npm builds or chooses parts of a package for the platform. */
function hasBinaries({ packages }: Lock, path: string): boolean {
  const entry = packages[path];
  const parts = Object.keys(entry?.optionalDependencies ?? {}).map((name) => packages[`node_modules/${name}`]);
  return entry?.hasInstallScript === true || [entry, ...parts].some((each) => each?.os ?? each?.cpu);
}
