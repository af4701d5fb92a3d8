import type { SpawnOptions } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FunctionArchitecture } from '../../../infra/packing/pack-function.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { emulatorOf, mountedEmulator } from './architectures.ts';
import { debianPackages } from './run-tool.ts';

export interface SandboxOptions {
  /** The files of a Lambda environment, see `runtimeRoot`. */
  readonly root: string;
  readonly architecture: FunctionArchitecture;
  /** The function's files; mounted read-only as `/var/task`. */
  readonly task: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMegabytes: number;
  /** Size of `/tmp`, the only folder that can be written. */
  readonly storageMegabytes: number;
}

const sandbox = '/usr/bin/bwrap';

/** Lambda's own user and group. */
const user = { uid: 993, gid: 990 };

/**
 * How to start AWS's runtime interface client for a function: as an unprivileged user without capabilities, with its own
 * processes and files, and of this machine only the network.
 */
export function sandboxCommand(options: SandboxOptions): [command: string, args: string[], options: SpawnOptions] {
  const { root, architecture, task, environment, memoryMegabytes, storageMegabytes } = options;
  const emulator = emulatorOf(architecture);
  for (const program of [sandbox, ...(emulator === undefined ? [] : [emulator])]) {
    if (!existsSync(program)) throw new UserError(`cannot run ${program}: on Debian, install ${debianPackages}`);
  }
  if (process.getuid?.() === 0) for (const folder of [root, task]) requireReadable(folder);
  // As Lambda starts Node: a tenth of the memory for new objects.
  const newSpace = Math.floor(memoryMegabytes / 10);
  const node = [
    '/var/lang/bin/node',
    '--expose-gc',
    '--max-http-header-size=81920',
    `--max-semi-space-size=${Math.floor(newSpace / 2)}`,
    `--max-old-space-size=${memoryMegabytes - newSpace}`,
    '/var/runtime/index.mjs',
  ];
  const args = [
    ...['--unshare-all', '--share-net', '--die-with-parent', '--new-session'],
    ...['--ro-bind', root, '/', '--ro-bind', task, '/var/task', '--proc', '/proc', '--dev', '/dev'],
    ...['--size', String(storageMegabytes * 1024 ** 2), '--tmpfs', '/tmp', '--chdir', '/var/task'],
    ...(emulator === undefined ? [] : ['--ro-bind', emulator, mountedEmulator]),
    '--',
    ...(emulator === undefined ? node : [mountedEmulator, ...node]),
  ];
  const spawnOptions: SpawnOptions = {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(process.getuid?.() === 0 ? user : {}),
  };
  return [sandbox, args, spawnOptions];
}

/** The sandbox has another user than root. */
function requireReadable(folder: string): void {
  if ((statSync(folder).mode & 0o005) !== 0o005)
    throw new UserError(`${folder} is closed to other users, and functions run as one: run chmod o+rx ${folder}`);
  if (dirname(folder) !== folder) requireReadable(dirname(folder));
}
