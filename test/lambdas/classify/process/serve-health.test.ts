import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Health, openHealth } from '../../../../lambdas/classify/process/serve-health.ts';
import { repository } from '../../../support/cli.ts';

const execute = promisify(execFile);

/** Health on a free port, with a manual clock. */
async function open(): Promise<{ health: Health; at(ms: number): void; get(path?: string): Promise<Response> }> {
  let now = 5_000;
  const health = await openHealth({ port: 0, stalledAfterMs: 60_000, clock: () => now });
  onTestFinished(() => health.close());
  return {
    health,
    at(ms) {
      now = 5_000 + ms;
    },
    get: (path = '/health') => fetch(`http://127.0.0.1:${health.port}${path}`),
  };
}

const googlenet = { provider: 'cuda', model: 'googlenet@0123456789ab' };

describe('GET /health', () => {
  it('reports that the worker is starting until its model is loaded', async () => {
    const { health, get } = await open();
    const before = await get();
    expect(before.status).toBe(503);
    expect(await before.json()).toMatchObject({ status: 'unavailable', reason: expect.stringMatching(/^starting: /) });
    health.loaded(googlenet);
    const after = await get();
    expect(after.status).toBe(200);
    expect(after.headers.get('content-type')).toBe('application/json');
    expect(await after.json()).toEqual({
      status: 'ok',
      ...googlenet,
      busy: false,
      held: 0,
      secondsSinceProgress: 0,
      secondsSinceBatch: null,
    });
  });

  it('is ok while there is nothing to do', async () => {
    const { health, at, get } = await open();
    health.loaded(googlenet);
    at(86_400_000);
    expect((await get()).status).toBe(200);
  });

  it('reports a stalled worker after too long without progress, and recovers', async () => {
    const { health, at, get } = await open();
    health.loaded(googlenet);
    health.progress(12);
    at(60_000);
    expect(await (await get()).json()).toMatchObject({ status: 'ok', busy: true, held: 12, secondsSinceProgress: 60 });
    at(61_000);
    const stuck = await get();
    expect(stuck.status).toBe(503);
    expect(await stuck.json()).toMatchObject({
      reason: 'stalled: no progress on 12 held messages for 61 s',
      ...googlenet,
    });
    health.batch();
    at(63_500);
    expect(await (await get()).json()).toMatchObject({ status: 'ok', held: 12, secondsSinceBatch: 2.5 });
  });

  it('reports that the worker is stopping, even during its start', async () => {
    const { health, get } = await open();
    health.stopping();
    health.loaded(googlenet);
    const answer = await get();
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ reason: expect.stringMatching(/^stopping: /), busy: false });
  });

  it('serves no other path or method', async () => {
    const { health, get } = await open();
    health.loaded(googlenet);
    expect((await get('/')).status).toBe(404);
    const url = `http://127.0.0.1:${health.port}/health`;
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
  });
});

describe('openHealth', () => {
  it('fails with one line when its port is in use', async () => {
    const { health } = await open();
    await expect(openHealth({ port: health.port, stalledAfterMs: 1 })).rejects.toMatchObject({
      name: 'UserError',
      message: `the health endpoint cannot listen on port ${health.port}: EADDRINUSE`,
    });
  });

  it('serves nothing without a port', async () => {
    const health = await openHealth({ port: undefined, stalledAfterMs: 1 });
    health.progress(1);
    expect(health.port).toBeUndefined();
    await health.close();
  });
});

describe('check-health', () => {
  const check = (port: number | undefined) =>
    execute(process.execPath, [join(repository, 'lambdas/classify/process/check-health.ts')], {
      env: { ...process.env, HEALTH_PORT: String(port) },
    });

  it('exits with 0 for a healthy worker and 1 otherwise, and prints the response', async () => {
    const { health } = await open();
    await expect(check(health.port)).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining('starting: ') });
    health.loaded(googlenet);
    expect((await check(health.port)).stdout).toContain('"status":"ok"');
    await health.close();
    await expect(check(health.port)).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining('no answer') });
    expect((await check(0)).stdout).toBe('no health endpoint: HEALTH_PORT is 0\n');
  });
});
