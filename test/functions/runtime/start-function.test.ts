import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { FunctionArchitecture } from '../../../infra/packing/pack-function.ts';
import { atEnd } from '../../support/at-end.ts';
import { repository } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { FunctionError } from './function-error.ts';
import { type FunctionOptions, startFunction } from './start-function.ts';

const architectures: readonly FunctionArchitecture[] = ['x86_64', 'arm64'];

async function started(code: string, options: Partial<FunctionOptions> = {}) {
  const asset = temporaryFolder();
  chmodSync(asset, 0o755);
  writeFileSync(join(asset, 'index.mjs'), code);
  const running = await startFunction({
    ...{ asset, architecture: 'x86_64', handler: 'index.handler', environment: {}, timeoutSeconds: 60 },
    ...options,
  });
  atEnd(() => running.stop());
  return running;
}

const handler = (body: string) => `
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
export const handler = async (event, context) => { ${body} };`;

/** Whether the runtime's errors name it. */
function errorOf(invocation: Promise<unknown>): Promise<unknown> {
  return invocation.then(
    () => 'no error',
    (error) => (error instanceof FunctionError ? `${error.errorType}: ${error.message}` : error),
  );
}

describe.each(architectures)('a function for %s', (architecture) => {
  it('receives events and its environment, and returns answers', async () => {
    const body = 'return { event, name: process.env.NAME, arch: process.arch, id: context.awsRequestId }';
    const running = await started(handler(body), { architecture, environment: { NAME: 'a' } });
    const arch = architecture === 'arm64' ? 'arm64' : 'x64';
    expect(await running.invoke({ n: 1 }, { requestId: 'one' })).toEqual({
      event: { n: 1 },
      name: 'a',
      arch,
      id: 'one',
    });
    expect(await running.invoke(['é'], { requestId: 'two' })).toMatchObject({ event: ['é'], id: 'two' });
  });

  it('runs unprivileged, writes to /tmp only, and sees nothing of this machine', async () => {
    const body = `
      const require = createRequire(import.meta.url);
      const tried = (attempt) => { try { attempt(); return 'yes'; } catch ({ code }) { return code; } };
      return {
        uid: process.getuid(), gid: process.getgid(), home: process.env.HOME,
        task: tried(() => writeFileSync('/var/task/a', '')), tmp: tried(() => writeFileSync('/tmp/a', '')),
        zod: tried(() => require('zod')), repository: existsSync(event.repository),
      }`;
    const running = await started(handler(body), { architecture });
    expect(await running.invoke({ repository })).toEqual({
      ...{ uid: 993, gid: 990, task: 'EROFS', tmp: 'yes', zod: 'MODULE_NOT_FOUND', repository: false },
    });
  });
});

it('errors of the handler, of the module and of the name keep their type and message', async () => {
  const failing = await started(handler('throw new TypeError(event.why)'));
  expect(await errorOf(failing.invoke({ why: 'no reason' }))).toBe('TypeError: no reason');
  expect(await errorOf(failing.invoke({ why: 'again' }))).toBe('TypeError: again');
  const unloadable = await started("import 'absent'; export const handler = () => {};");
  expect(await errorOf(unloadable.invoke({}))).toMatch(/^Error: Cannot find package 'absent'/);
  const nameless = await started('export const other = () => {};');
  expect(await errorOf(nameless.invoke({}))).toBe(
    'Runtime.HandlerNotFound: index.handler is undefined or not exported',
  );
});

it('the end of the process fails an event, and the next event starts another process', async () => {
  const running = await started(handler("if (event.end) process.exit(3); return 'answer'"));
  expect(await errorOf(running.invoke({ end: true }))).toMatch(/^Runtime.ExitError: the process ended with 3/);
  expect(await running.invoke({})).toBe('answer');
});

it('an event that takes longer than the timeout is ended with its process', async () => {
  const running = await started(handler('await new Promise(() => setInterval(() => {}, 1e6))'), { timeoutSeconds: 1 });
  expect(await errorOf(running.invoke({}))).toBe('Sandbox.Timedout: Task timed out after 1.00 seconds');
});

it('a result that arrives while this process is busy for seconds is not lost', async () => {
  const body =
    "process.stdout.write('begun\\n'); await new Promise((resolve) => setTimeout(resolve, event.ms)); return event";
  const running = await started(handler(body));
  await running.invoke({ ms: 0 });
  const second = running.invoke({ ms: 1000 });
  await eventually(() => expect(running.output()).toMatch(/begun\s+begun/));
  // Longer than a server of Node keeps idle connections by default, 5 seconds and a second of reserve. After this turn of the
  // event loop, timers come before what has arrived.
  await setImmediate();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 7000);
  expect(await second).toEqual({ ms: 1000 });
});

it('log lines that are JSON can be read', async () => {
  const running = await started(handler("process.stdout.write(JSON.stringify({ event }) + '\\nplain text\\n')"));
  expect(await running.invoke(7)).toBeNull();
  expect(running.lines()).toEqual([{ event: 7 }]);
  expect(running.output()).toContain('plain text');
});
