import { spawnSync } from 'node:child_process';
import { UserError } from '../../../shared/failures/user-error.ts';

/** Debian's packages with the programs that build and run a Lambda environment. */
export const debianPackages = 'bubblewrap qemu-user-static cmake make xz-utils g++ g++-aarch64-linux-gnu';

interface ToolOptions {
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Runs a program to its end.
 * @throws {UserError} if it is not installed
 * @throws {Error} with the end of its output, if it fails
 */
export function runTool(program: string, args: readonly string[], { cwd, environment }: ToolOptions): void {
  const { error, status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (error) throw new UserError(`cannot run ${program}: on Debian, install ${debianPackages}`);
  if (status !== 0) throw new Error(`${program} failed:\n${`${stdout}${stderr}`.slice(-4000)}`);
}
