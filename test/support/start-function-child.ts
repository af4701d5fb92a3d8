import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { atEnd } from './at-end.ts';
import { repository } from './cli.ts';
import type { ChildInvocation } from './function-child.ts';

export interface FunctionChild {
  /** @throws when the process ended without an answer; the next invocation starts another one */
  invoke(event: unknown): Promise<unknown>;
}

/**
 * The entry point of a function in a process of its own, which is killed if an invocation takes longer than the timeout, as on
 * Lambda; loading the module does not count.
 * @param announcedSeconds the time that the context says remains. @default the timeout
 */
export function startFunctionChild(
  entry: string,
  {
    environment,
    timeoutSeconds,
    announcedSeconds = timeoutSeconds,
  }: { environment: Record<string, string>; timeoutSeconds: number; announcedSeconds?: number },
): FunctionChild {
  let child: ChildProcess | undefined;
  atEnd(() => child?.kill('SIGKILL'));

  const start = async (): Promise<ChildProcess> => {
    const started = fork(join(repository, 'test/support/function-child.ts'), [entry], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await once(started, 'message');
    return started;
  };

  return {
    async invoke(event) {
      child ??= await start();
      const running = child;
      const endsAt = Date.now() + announcedSeconds * 1000;
      const timer = setTimeout(() => running.kill('SIGKILL'), timeoutSeconds * 1000);
      const settled = new AbortController();
      const { signal } = settled;
      try {
        const answered = once(running, 'message', { signal });
        const ended = once(running, 'exit', { signal }).then(([code, name]) => {
          child = undefined;
          throw new Error(`the process ended with ${code ?? name}`);
        });
        running.send({ event, endsAt } satisfies ChildInvocation);
        const [{ answer }] = await Promise.race([answered, ended]);
        return answer;
      } finally {
        clearTimeout(timer);
        settled.abort();
      }
    },
  };
}
