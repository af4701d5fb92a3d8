import { execFileSync } from 'node:child_process';
import { UserError } from '../../shared/failures/user-error.ts';

/**
 * Runs npm in a folder, without scripts of packages; prints its errors.
 * @throws {UserError} if it fails
 */
export function runNpm(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): void {
  try {
    execFileSync('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
  } catch (cause) {
    const command = `npm ${args[0] ?? ''}`.trim();
    throw new UserError(`${command} failed, for the reason above: packing installs packages from npm's registry`, {
      cause,
    });
  }
}
