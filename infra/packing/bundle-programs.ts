import { mkdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { buildSync } from 'esbuild';
import { importedPackages } from './imported-packages.ts';
import { writeLock } from './write-lock.ts';

/** Packages that load native binaries or WebAssembly from their own folder, so that they cannot be bundled. */
const unbundled = ['sharp', 'onnxruntime-node', 'parquet-wasm', '@duckdb/node-api'];

/** CommonJS packages in an ES module call `require`. The import has a name that no bundled module uses. */
const banner = "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

const startedThread = /new URL\(`\.\/([\w-]+)\$\{/g;

/**
 * Bundles each program into `NAME.mjs`, and adds the `package.json` and lock with which `npm ci` installs the packages that
 * cannot be bundled, at their locked versions.
 * @param repository folder with `package-lock.json` and the installed packages
 * @param programs sources that are run, including those of threads, relative to the repository
 * @param folder output; it is created if missing
 * @throws {Error} if a program starts a thread that is missing in `programs`, imports a package that is missing in the lock,
 *   or bundles a package that has binaries
 */
export function bundlePrograms(repository: string, programs: readonly string[], folder: string): void {
  const { outputFiles, metafile } = buildSync({
    absWorkingDir: repository,
    entryPoints: programs.map((program) => ({ in: program, out: basename(program, '.ts') })),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    external: unbundled,
    banner: { js: banner },
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  const packages = importedPackages(repository, metafile);
  const names = outputFiles.map(({ path }) => basename(path, '.mjs'));
  mkdirSync(folder, { recursive: true });
  for (const { path, contents, text } of outputFiles) {
    for (const [, thread = ''] of text.matchAll(startedThread)) {
      if (!names.includes(thread)) throw new Error(`${basename(path)} starts ${thread}.ts as a thread: bundle it too`);
    }
    writeFileSync(path, contents);
  }
  writeLock(repository, packages, folder);
}
