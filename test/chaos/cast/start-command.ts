import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { atEnd } from '../../support/at-end.ts';
import { launcher } from '../../support/cli.ts';

/** Starts the command; signals can be sent to it while it works. */
export function startCommand(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [launcher, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  atEnd(() => child.kill('SIGKILL'));
  const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
  return {
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    finished: ended.then(([[code], stdout, stderr]) => ({ code: Number(code ?? -1), stdout, stderr })),
  };
}

/** Whether a store in a folder has a part already. */
export async function hasParts(store: string): Promise<boolean> {
  return (await partsIn(store)).length > 0;
}

/** Files of the results of a store in a folder, finished or not. */
export async function partsIn(store: string): Promise<string[]> {
  const names = await readdir(join(store, 'results'), { recursive: true }).catch(() => []);
  return names.filter((name) => name.includes('.parquet'));
}
