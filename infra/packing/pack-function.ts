import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundlePrograms } from './bundle-programs.ts';
import { keepBinaries } from './keep-binaries.ts';
import { readLock } from './lock.ts';
import { runNpm } from './run-npm.ts';

/** As Lambda names it. */
export type FunctionArchitecture = 'arm64' | 'x86_64';

/** As Node and npm name it. */
const processors = { arm64: 'arm64', x86_64: 'x64' } as const;

/**
 * Writes a function's files as Lambda unpacks them to `/var/task`: bundles, and the packages that cannot be bundled. The
 * same sources and lock give the same files.
 * @param repository folder with `package-lock.json` and the installed packages
 * @param programs the `index.ts` that exports `handler`, then the sources of threads that it starts; relative to the repository
 * @param folder output; it is created if missing
 * @throws {Error} if a package would be missing in the function
 */
export function packFunction(
  repository: string,
  programs: readonly string[],
  folder: string,
  architecture: FunctionArchitecture = 'arm64',
): void {
  bundlePrograms(repository, programs, folder);
  installPackages(folder, architecture);
}

/**
 * Installs the packages of a folder's lock for Lambda, not for the machine that runs this.
 * @throws {Error} if npm installed fewer: it skips optional packages without an error, and binaries are such packages
 */
export function installPackages(folder: string, architecture: FunctionArchitecture): void {
  const cpu = processors[architecture];
  runNpm(folder, ['ci', '--omit=dev'], { npm_config_os: 'linux', npm_config_cpu: cpu, npm_config_libc: 'glibc' });
  keepBinaries(folder, 'linux', cpu);
  // Links to commands, which no function runs.
  rmSync(join(folder, 'node_modules/.bin'), { recursive: true, force: true });
  const isFor = (names: readonly string[] | undefined, name: string) => names === undefined || names.includes(name);
  for (const [path, entry] of Object.entries(readLock(folder).packages)) {
    if (!isFor(entry.os, 'linux') || !isFor(entry.cpu, cpu) || !isFor(entry.libc, 'glibc')) continue;
    // Needed by the binaries of another platform only.
    if (entry.optional && !entry.cpu) continue;
    if (!existsSync(join(folder, path))) throw new Error(`npm did not install ${path} for ${architecture}: try again`);
  }
}
