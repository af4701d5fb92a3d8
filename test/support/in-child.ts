import { type ChildProcess, fork, type Serializable } from 'node:child_process';
import { once } from 'node:events';

/**
 * Asks a script in a process of its own, which a loop that never ends cannot keep from being ended. The script answers
 * each message with one.
 */
export class InChild {
  readonly #script: string;
  readonly #slowest: number;
  #child: ChildProcess | undefined;

  /** @param slowest milliseconds that an answer may take, beside the start of the process */
  constructor(script: string, { slowest }: { slowest: number }) {
    this.#script = script;
    this.#slowest = slowest;
  }

  /** @throws where no answer came in time, or the process has ended; the next question starts another */
  async ask(question: unknown): Promise<unknown> {
    const child = await this.#started();
    const answered = new AbortController();
    try {
      child.send(question as Serializable);
      const [answer] = await Promise.race([
        once(child, 'message', { signal: AbortSignal.any([answered.signal, AbortSignal.timeout(this.#slowest)]) }),
        once(child, 'exit', { signal: answered.signal }).then(([code, signal]) => {
          throw new Error(`the process ended with ${code ?? signal}`);
        }),
      ]);
      return answer;
    } catch (cause) {
      this.end();
      throw new Error(`expected an answer in ${this.#slowest} ms: ${cause}`, { cause });
    } finally {
      answered.abort();
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
