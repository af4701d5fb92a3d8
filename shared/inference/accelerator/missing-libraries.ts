import { execFileSync } from 'node:child_process';

/**
 * The shared libraries that a library needs, directly or through others, and that the loader of this machine does not find.
 * Needs `ldd`, which every Linux distribution with glibc has.
 * @throws {Error} if there is no `ldd`, or the file is not a shared library
 */
export function missingLibraries(file: string): string[] {
  const listed = execFileSync('ldd', [file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const missing = listed.split('\n').flatMap((line) => /^\s*(\S+) => not found$/.exec(line)?.[1] ?? []);
  return [...new Set(missing)];
}

/** Not part of the runtime or of CUDA: the container engine of a machine with a GPU adds it to each container. */
export const driverLibrary = 'libcuda.so.1';
