import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Image } from './assemble-images.ts';

const execute = promisify(execFile);

/** Library folders of Debian and Ubuntu. */
const libraries = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu'];

/**
 * Starts an image's entry point in its folder, with only its environment, and as its user if the tests run as root.
 * @returns the process, and the settings that this machine does not support
 */
export function startImage(image: Image, env: Readonly<Record<string, string>>) {
  const { options, unsupported } = settings(image, env);
  const process = spawn(...command(image.entrypoint), { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  return { process, unsupported };
}

/** Runs an image's health check once; rejects with its output if it fails. */
export async function checkHealth(image: Image, env: Readonly<Record<string, string>>): Promise<string> {
  return (await execute(...command(image.health), settings(image, env).options)).stdout;
}

function command([program, ...args]: readonly string[]): [string, string[]] {
  if (program !== 'node') throw new Error(`expected the program node but received ${program}`);
  return [process.execPath, args];
}

function settings(image: Image, env: Readonly<Record<string, string>>) {
  const { LD_PRELOAD, ...rest } = image.env;
  const preloaded = LD_PRELOAD === undefined || libraries.some((folder) => existsSync(join(folder, LD_PRELOAD)));
  const [uid, gid] = (image.user ?? '').split(':').map(Number);
  const root = process.getuid?.() === 0;
  const unsupported = [...(preloaded ? [] : [`LD_PRELOAD=${LD_PRELOAD}`]), ...(root ? [] : [`USER ${image.user}`])];
  const options = {
    cwd: join(image.root, image.workdir),
    env: { ...rest, ...(preloaded && LD_PRELOAD !== undefined ? { LD_PRELOAD } : {}), ...env },
    ...(root && uid !== undefined && gid !== undefined ? { uid, gid } : {}),
  };
  return { options, unsupported };
}

/** Everything that a process has written so far, as text. */
export function outputOf({ stdout, stderr }: ChildProcess): () => string {
  let text = '';
  for (const stream of [stdout, stderr]) stream?.on('data', (chunk) => (text += String(chunk)));
  return () => text;
}

/** The size and modification time of each file of a folder. */
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

/** Makes everything in a folder read-only, or writable for its owner again. */
export async function setWritable(folder: string, writable: boolean): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const rights = writable ? 0o755 : 0o555;
  await chmod(folder, rights);
  for (const entry of entries) await chmod(join(entry.parentPath, entry.name), rights);
}

/** The versions of the packages that npm installed in a folder, by path. */
export async function installedIn(folder: string): Promise<Map<string, string>> {
  const lock: { packages: Record<string, { version: string }> } = JSON.parse(
    await readFile(join(folder, 'node_modules/.package-lock.json'), 'utf8'),
  );
  return new Map(Object.entries(lock.packages).map(([path, { version }]) => [path, version]));
}
