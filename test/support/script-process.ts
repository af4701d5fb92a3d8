import { type ChildProcess, fork, type Serializable } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a script in a separate process, which can be killed even during an endless loop. The script sends one response per
 * message.
 */
export class ScriptProcess {
  readonly #script: string;
  readonly #timeoutMs: number;
  #child: ChildProcess | undefined;

  /** @param timeoutMs of one response, milliseconds, without the start of the process */
  constructor(script: string, { timeoutMs }: { timeoutMs: number }) {
    this.#script = script;
    this.#timeoutMs = timeoutMs;
  }

  /** @throws if there is no response in time or the process has ended; the next request starts a new process */
  async request(message: unknown): Promise<unknown> {
    const child = await this.#started();
    const settled = new AbortController();
    try {
      child.send(message as Serializable);
      const [response] = await Promise.race([
        once(child, 'message', { signal: AbortSignal.any([settled.signal, AbortSignal.timeout(this.#timeoutMs)]) }),
        once(child, 'exit', { signal: settled.signal }).then(([code, signal]) => {
          throw new Error(`the process ended with ${code ?? signal}`);
        }),
      ]);
      return response;
    } catch (cause) {
      this.end();
      throw new Error(`no response in ${this.#timeoutMs} ms: ${cause}`, { cause });
    } finally {
      settled.abort();
    }
  }

  end(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  async #started(): Promise<ChildProcess> {
    if (this.#child) return this.#child;
    this.#child = fork(this.#script, { serialization: 'advanced' });
    await once(this.#child, 'message');
    return this.#child;
  }
}
