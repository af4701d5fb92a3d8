import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/**
 * Makes a shared library without functions.
 * @param needs names of the libraries that the loader looks for first; they need not exist
 * @returns its path
 */
export async function makeLibrary(folder: string, name: string, needs: readonly string[]): Promise<string> {
  const linked = await mkdtemp(join(tmpdir(), 'inception-batch-libraries-'));
  for (const needed of needs) await link(join(linked, needed), needed, []);
  const path = join(folder, name);
  await link(path, name, ['-Wl,--no-as-needed', `-L${linked}`, ...needs.map((needed) => `-l:${needed}`)]);
  await rm(linked, { recursive: true });
  return path;
}

async function link(path: string, name: string, options: readonly string[]): Promise<void> {
  await execute('cc', ['-shared', '-nostdlib', `-Wl,-soname,${name}`, '-o', path, '-x', 'c', '/dev/null', ...options]);
}
