import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { z } from 'zod';
import { once as onlyOnce } from '../../shared/flow/once.ts';
import { repository } from './cli.ts';

export interface Served {
  /** With a slash at the end. */
  readonly url: string;
  /** Interrupts it as Ctrl-C does. */
  stop(): Promise<{ readonly code: number | null; readonly stderr: string }>;
}

/** The page as its sources are now. */
export const buildPage = onlyOnce(() =>
  promisify(execFile)(process.execPath, [join(repository, 'gallery/page/build.ts')]),
);

const told = z.object({ url: z.url() });

/** Starts `inception-batch serve` on a free port, as a user would; resolves once it listens. */
export async function startServe(args: readonly string[], cacheFolder: string): Promise<Served> {
  await buildPage();
  return startServeOf(join(repository, 'cli/inception-batch.js'), args, cacheFolder);
}

/** The same of a command that is installed elsewhere. */
export async function startServeOf(command: string, args: readonly string[], cacheFolder: string): Promise<Served> {
  const child = spawn(process.execPath, [command, 'serve', '--port', '0', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, XDG_CACHE_HOME: cacheFolder },
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const ended = once(child, 'close');
  const line = once(createInterface(child.stdout), 'line').then(([text]) => told.parse(JSON.parse(String(text))));
  const { url } = await Promise.race([
    line,
    ended.then(() => {
      throw new Error(`serve ended early: ${stderr}`);
    }),
  ]);
  return {
    url,
    async stop() {
      child.kill('SIGINT');
      const [code] = await ended;
      return { code, stderr };
    },
  };
}
