import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import { atEnd } from './at-end.ts';
import { repository } from './cli.ts';

/** Starts the process of a worker as its container does, on queues and buckets of an emulator. */
export function startWorker(environment: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [join(repository, 'lambdas/classify/process/main.ts')], {
    env: { ...process.env, AWS_REGION: 'us-east-1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [exited, stdout, stderr] = [once(child, 'exit'), text(child.stdout), text(child.stderr)];
  atEnd(() => child.kill('SIGKILL'));
  return {
    /** Exit code and signal. */
    exited,
    stdout,
    stderr,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** Ends the readers of its output, as when a log collector has crashed. */
    closeLog(): void {
      for (const output of [stdout, stderr]) output.catch(() => {}); // they end early
      child.stdout.destroy();
      child.stderr.destroy();
    },
    /** Stops the worker as ECS does, and expects that it ends without an error. */
    async stop(): Promise<void> {
      child.kill('SIGTERM');
      expect(await exited, await stderr).toEqual([0, null]);
    },
  };
}
