import { execFileSync } from 'node:child_process';
import { basename } from 'node:path';

/**
 * The shared libraries that a library needs, directly or through others, and that the loader of this machine does not find. One
 * that is found without a version that is needed is followed by the version: `libcudart.so.13 (VERSION)`.
 * Needs `ldd`, which every Linux distribution with glibc has.
 * @throws {Error} if there is no `ldd`, or the file is not a shared library
 */
export function missingLibraries(file: string): string[] {
  const listed = execFileSync('ldd', [file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return [...new Set(listed.split('\n').flatMap(missingIn))];
}

function missingIn(line: string): string[] {
  const [, absent] = /^\s*(\S+) => not found$/.exec(line) ?? [];
  if (absent !== undefined) return [absent];
  const [, library, version] = /(\S+): version `(.+)' not found/.exec(line) ?? [];
  return library === undefined ? [] : [`${basename(library)} (${version})`];
}

/** Not part of the runtime or of CUDA: the container engine of a machine with a GPU adds it to each container. */
export const driverLibrary = 'libcuda.so.1';
