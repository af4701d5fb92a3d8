import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Image } from './assemble-images.ts';

const execute = promisify(execFile);

/** Where Debian and Ubuntu keep libraries. */
const libraries = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu'];

/**
 * Starts an image's entry point in its folder with its environment and no other, as its user where that can be had.
 * @returns the process, and what of the environment was left out since this machine lacks it
 */
export function startImage(image: Image, env: Readonly<Record<string, string>>) {
  const { options, left } = settings(image, env);
  return { process: spawn(...command(image.entrypoint), { ...options, stdio: ['ignore', 'pipe', 'pipe'] }), left };
}

/** Runs an image's health check once; rejects with its output when it fails. */
export async function checkHealth(image: Image, env: Readonly<Record<string, string>>): Promise<string> {
  return (await execute(...command(image.health), settings(image, env).options)).stdout;
}

function command([program, ...args]: readonly string[]): [string, string[]] {
  if (program !== 'node') throw new Error(`expected to run node, got ${program}`);
  return [process.execPath, args];
}

function settings(image: Image, env: Readonly<Record<string, string>>) {
  const { LD_PRELOAD, ...rest } = image.env;
  const preloaded = LD_PRELOAD === undefined || libraries.some((folder) => existsSync(join(folder, LD_PRELOAD)));
  const [uid, gid] = (image.user ?? '').split(':').map(Number);
  const root = process.getuid?.() === 0;
  const left = [...(preloaded ? [] : [`LD_PRELOAD=${LD_PRELOAD}`]), ...(root ? [] : [`USER ${image.user}`])];
  const options = {
    cwd: join(image.root, image.workdir),
    env: { ...rest, ...(preloaded && LD_PRELOAD !== undefined ? { LD_PRELOAD } : {}), ...env },
    ...(root && uid !== undefined && gid !== undefined ? { uid, gid } : {}),
  };
  return { options, left };
}

/** Everything that a process writes, as text, so far. */
export function outputOf({ stdout, stderr }: ChildProcess): () => string {
  let text = '';
  for (const stream of [stdout, stderr]) stream?.on('data', (chunk) => (text += String(chunk)));
  return () => text;
}

/** Each file of a folder with its size and the time it was written. */
export async function filesIn(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      [folder, ...paths].map(async (path): Promise<[string, string]> => {
        const { size, mtimeMs } = await stat(path);
        return [path, `${size} bytes of ${mtimeMs}`];
      }),
    ),
  );
}

/** Takes the right to write from everything in a folder, and gives everyone the right to read, or takes that back. */
export async function setWritable(folder: string, writable: boolean): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const rights = writable ? 0o755 : 0o555;
  await chmod(folder, rights);
  for (const entry of entries) await chmod(join(entry.parentPath, entry.name), rights);
}

/** What npm installed in a folder, by path, with versions. */
export async function installedIn(folder: string): Promise<Map<string, string>> {
  const lock: { packages: Record<string, { version: string }> } = JSON.parse(
    await readFile(join(folder, 'node_modules/.package-lock.json'), 'utf8'),
  );
  return new Map(Object.entries(lock.packages).map(([path, { version }]) => [path, version]));
}
