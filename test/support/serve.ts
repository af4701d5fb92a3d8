import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { z } from 'zod';
import { once as onlyOnce } from '../../shared/flow/once.ts';
import { repository } from './cli.ts';

export interface Served extends AsyncDisposable {
  /** Ends with a slash. */
  readonly url: string;
  /** Interrupts the command like Ctrl-C. */
  stop(): Promise<{ readonly code: number | null; readonly stderr: string }>;
}

/** Builds the page from its current sources, once. */
export const buildPage = onlyOnce(() =>
  promisify(execFile)(process.execPath, [join(repository, 'gallery/page/build.js')]),
);

const outputSchema = z.object({ url: z.url() });

/** Starts `inception-batch serve` on a free port, and resolves when it listens. */
export async function startServe(args: readonly string[]): Promise<Served> {
  await buildPage();
  return startServeOf(join(repository, 'cli/inception-batch.js'), args);
}

/** The same for a command that is installed elsewhere. */
export async function startServeOf(command: string, args: readonly string[]): Promise<Served> {
  const child = spawn(process.execPath, [command, 'serve', '--port', '0', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const ended = once(child, 'close');
  const line = once(createInterface(child.stdout), 'line').then(([text]) =>
    outputSchema.parse(JSON.parse(String(text))),
  );
  const { url } = await Promise.race([
    line,
    ended.then(() => {
      throw new Error(`serve ended early: ${stderr}`);
    }),
  ]);
  const stop = async () => {
    child.kill('SIGINT');
    const [code] = await ended;
    return { code, stderr };
  };
  return {
    url,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}
