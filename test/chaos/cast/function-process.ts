import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';

const answerSchema = z.union([
  z.object({ response: z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) }) }),
  z.object({ error: z.string() }),
]);

/** An execution environment of the ingest function: a process that is started again after its end. */
export class FunctionProcess {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #timeoutMs: number;
  #child: ChildProcess | undefined;
  #pausing: Promise<void> = Promise.resolve();
  #isPaused = false;
  /** Ends of processes by the time limit. */
  timeouts = 0;
  /** Errors of invocations. */
  readonly errors: string[] = [];

  /** @param timeoutMs of an invocation, milliseconds; the process is then ended, as on Lambda */
  constructor(environment: NodeJS.ProcessEnv, timeoutMs: number) {
    this.#environment = environment;
    this.#timeoutMs = timeoutMs;
  }

  /** @returns the ids of the messages to deliver again; undefined if the invocation failed */
  async invoke(event: unknown): Promise<ReadonlySet<string> | undefined> {
    const child = this.#started();
    const settled = new AbortController();
    const { signal } = settled;
    try {
      child.send({ event, timeoutMs: this.#timeoutMs });
      const answer = await Promise.race([
        once(child, 'message', { signal }).then(([message]) => answerSchema.parse(message)),
        once(child, 'exit', { signal }).then(() => 'ended' as const),
        this.#late(signal),
      ]);
      if (answer === 'late') {
        this.timeouts += 1;
        this.kill();
      }
      if (typeof answer === 'string') return undefined;
      if ('error' in answer) {
        this.errors.push(answer.error);
        return undefined;
      }
      return new Set(answer.response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    } finally {
      settled.abort();
    }
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  /** Stops the process for a time; it goes on where it was, and its time limit counts from there. */
  pause(ms: number): Promise<void> {
    const child = this.#child;
    child?.kill('SIGSTOP');
    this.#isPaused = true;
    this.#pausing = wait(ms).then(() => {
      this.#isPaused = false;
      child?.kill('SIGCONT');
    });
    return this.#pausing;
  }

  async #late(signal: AbortSignal): Promise<'late'> {
    await wait(this.#timeoutMs, undefined, { signal });
    if (this.#isPaused) {
      await this.#pausing;
      await wait(this.#timeoutMs, undefined, { signal });
    }
    return 'late';
  }

  #started(): ChildProcess {
    if (this.#child?.connected) return this.#child;
    const child = fork(join(import.meta.dirname, 'ingest-function.ts'), {
      env: { ...process.env, AWS_REGION: 'us-east-1', ...this.#environment },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    // A killed process closes its channel while an event is sent to it.
    child.on('error', () => {});
    this.#child = child;
    return child;
  }
}
