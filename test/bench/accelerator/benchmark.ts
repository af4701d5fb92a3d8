import { type ChildProcess, execFile } from 'node:child_process';
import { join } from 'node:path';
import { type Finished, repository } from '../../support/cli.ts';

/** Runs `npm run bench:accelerator` without npm. */
export function benchmark(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  onStart?: (child: ChildProcess) => void,
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(repository, 'bench/accelerator/main.ts'), ...args],
      { env: { ...process.env, ...env } },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
    onStart?.(child);
  });
}
