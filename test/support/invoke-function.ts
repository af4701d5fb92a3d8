import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repository } from './cli.ts';

export interface Invocation {
  /** Answer of the handler. */
  readonly answer: unknown;
  /** Log lines and metrics in order of output. */
  readonly lines: readonly Record<string, unknown>[];
}

/**
 * Calls the entry point of a function in a separate process, as Lambda does.
 * @param entry path of the module with the handler
 * @throws with all output, if the process ends without an answer
 */
export async function invokeFunction(
  entry: string,
  environment: Record<string, string | undefined>,
  event: unknown,
): Promise<Invocation> {
  const child = spawn(process.execPath, [join(repository, 'test/support/invoke.ts'), entry], {
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const printed: string[] = [];
  const answer = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on('line', (line) => {
        if (line.startsWith('ANSWER ')) resolve(line.slice('ANSWER '.length));
        else printed.push(line);
      });
    }
    child.once('close', (code) => reject(new Error(`no answer, exit code ${code}:\n${printed.join('\n')}`)));
    child.stdin.end(JSON.stringify(event));
  });
  // Threads of the function outlive the invocation: Lambda freezes them, the test ends them.
  child.kill();
  const lines = printed.filter((line) => line.startsWith('{')).map((line): Record<string, unknown> => JSON.parse(line));
  return { answer: JSON.parse(answer), lines };
}
