import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, join } from 'node:path';
import { buildSync, type Metafile } from 'esbuild';
import { z } from 'zod';

/** Packages that load native binaries or WebAssembly from their own folder, so that they cannot be bundled. */
const unbundled = ['sharp', 'onnxruntime-node', 'parquet-wasm', '@duckdb/node-api'];

/** CommonJS packages in an ES module call `require`. The import has a name that no bundled module uses. */
const banner = "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

/** A package of the repository itself has no version. */
const lockSchema = z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })) });

const startedThread = /new URL\(`\.\/([\w-]+)\$\{/g;

/**
 * Bundles each program into `NAME.mjs`, and adds the `package.json` and lock with which `npm ci` installs the packages that
 * cannot be bundled, at their locked versions.
 * @param repository folder with `package-lock.json` and the installed packages
 * @param programs sources that are run, including those of threads, relative to the repository
 * @param folder output; it is created if missing
 * @throws {Error} if a program starts a thread that is missing in `programs`
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
  const names = outputFiles.map(({ path }) => basename(path, '.mjs'));
  mkdirSync(folder, { recursive: true });
  for (const { path, contents, text } of outputFiles) {
    for (const [, thread = ''] of text.matchAll(startedThread)) {
      if (!names.includes(thread)) throw new Error(`${basename(path)} starts ${thread}.ts as a thread: bundle it too`);
    }
    writeFileSync(path, contents);
  }
  const lockFile = join(repository, 'package-lock.json');
  const lock = lockSchema.parse(JSON.parse(readFileSync(lockFile, 'utf8')));
  const dependencies = Object.fromEntries(
    importedPackages(metafile).map((name) => [name, lock.packages[`node_modules/${name}`]?.version]),
  );
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }, null, 2));
  copyFileSync(lockFile, join(folder, 'package-lock.json'));
}

function importedPackages({ outputs }: Metafile): string[] {
  const imports = Object.values(outputs).flatMap((output) => output.imports);
  const specifiers = imports.filter(({ external, path }) => external && !isBuiltin(path)).map(({ path }) => path);
  return [...new Set(specifiers.map((path) => path.split('/', path.startsWith('@') ? 2 : 1).join('/')))].sort();
}

// node infra/packing/bundle-programs.ts FOLDER PROGRAM...
if (import.meta.main) {
  const [folder, ...programs] = process.argv.slice(2);
  if (folder === undefined || programs.length === 0) throw new Error('give a folder and at least one program');
  bundlePrograms(process.cwd(), programs, join(process.cwd(), folder));
}
