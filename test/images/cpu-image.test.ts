import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../support/cli.ts';
import { cropOf } from '../support/crops.ts';
import { eventually } from '../support/eventually.ts';
import { startFaultyProxy } from '../support/faulty-proxy.ts';
import { httpAnswers } from '../support/http-answers.ts';
import { buildImage, engine } from './build-image.ts';
import type { Container } from './engine.ts';
import { startAwsWithModel } from './start-worker-image.ts';

const tag = 'localhost/inception-batch-worker:cpu';
const health = ['node', 'check-health.mjs'];

describe('the CPU image', async () => {
  const { aws, model, startWorker } = await startAwsWithModel();
  beforeAll(() => buildImage('cpu'));

  /** Waits until the health check of the image passes, and returns its output. */
  async function untilHealthy(container: Container): Promise<Record<string, unknown>> {
    const ended = container.exited.then((code) => {
      throw new Error(`the container ended with exit code ${code}: ${container.output()}`);
    });
    const healthy = eventually(async () => {
      const { code, stdout } = await container.exec(health);
      expect(code, stdout).toBe(0);
      return JSON.parse(stdout);
    });
    return Promise.race([healthy, ended]);
  }

  it('runs Node.js itself as a user without privileges, and states how it is checked and stopped', async () => {
    const { Config, Healthcheck, Size } = await engine.inspect(tag);
    console.log(`CPU image: ${Math.round(Size / 1e6)} MB with the base that stands in for node's`);
    expect(Config).toMatchObject({
      User: '1000:1000',
      WorkingDir: '/worker',
      Entrypoint: ['node', 'main.mjs'],
      StopSignal: 'SIGTERM',
      ExposedPorts: { '8080/tcp': {} },
      Env: expect.arrayContaining(['NODE_ENV=production', 'ACCELERATOR=cpu', 'LD_PRELOAD=libjemalloc.so.2']),
      Labels: expect.objectContaining({ 'org.opencontainers.image.licenses': 'MIT' }),
    });
    expect(Healthcheck?.Test).toEqual(['CMD', ...health]);
  });

  it('classifies a crop and stores its row, with a read-only root and without privileges', async () => {
    const protection: unknown[] = [];
    const agent = await httpAnswers((_request, body, response) => {
      const { ProtectionEnabled } = JSON.parse(body);
      protection.push(ProtectionEnabled);
      response.end(JSON.stringify({ protection: { ProtectionEnabled } }));
    });
    const { container, crops, url, rows } = await startWorker(tag, { ECS_AGENT_URI: agent });
    expect(await untilHealthy(container)).toMatchObject({
      status: 'ok',
      model: model.id,
      provider: 'cpu',
      busy: false,
    });
    const { stdout: status } = await container.exec(['cat', '/proc/1/status']);
    expect(status).toMatch(/^Name:\s+(node|MainThread)$/m);
    expect(status).toMatch(/^Uid:\s+1000\s/m);
    expect(status).toMatch(/^CapEff:\s+0{16}$/m);
    expect(status).toMatch(/^CapBnd:\s+0{16}$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect((await container.exec(['cat', '/proc/1/maps'])).stdout).toContain('libjemalloc');
    expect((await container.exec(['touch', '/worker/file'])).stdout).toContain('Read-only file system');

    expect(await crops.send([cropOf({ key: 'one.jpg', fill: 7 })])).toEqual([]);
    await aws.waitUntilEmpty(url);
    await container.stop(30);
    expect(await container.exited, container.output()).toBe(0);
    expect(protection).toEqual([true, false]);
    expect(await rows('select key, status, model, provider from results')).toEqual([
      { key: 'one.jpg', status: 'classified', model: model.id, provider: 'cpu' },
    ]);
  });

  it('contains the packages of the lock that cannot be bundled, for its platform only', async () => {
    const { container } = await startWorker(tag);
    await untilHealthy(container);
    const script = `
      const { readdirSync, readFileSync, statSync } = require('node:fs');
      const files = readdirSync('/worker', { recursive: true }).filter((path) => statSync('/worker/' + path).isFile());
      const { packages } = JSON.parse(readFileSync('/worker/node_modules/.package-lock.json', 'utf8'));
      const bytes = files.reduce((sum, path) => sum + statSync('/worker/' + path).size, 0);
      console.log(JSON.stringify({ files, packages, bytes }));`;
    const { stdout } = await container.exec(['node', '-e', script]);
    const { files, packages, bytes } = JSON.parse(stdout);
    console.log(`CPU image without its base: ${Object.keys(packages).length} packages, ${Math.round(bytes / 1e6)} MB`);
    expect(files.filter((path: string) => !path.startsWith('node_modules/')).toSorted()).toEqual([
      'check-health.mjs',
      'main.mjs',
      'session-thread.mjs',
    ]);
    expect(files.filter((path: string) => path.endsWith('.node'))).toEqual([
      `node_modules/onnxruntime-node/bin/napi-v6/linux/${process.arch}/onnxruntime_binding.node`,
    ]);
    expect(bytes).toBeLessThan(100e6);
    const lock = JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8'));
    for (const path of Object.keys(packages)) expect(packages[path].version).toBe(lock.packages[path].version);
    await container.stop(30);
    expect(await container.exited).toBe(0);
  });

  it('stopped under load, ends without an error, holds nothing and loses no image', async () => {
    const total = 2000;
    const worker = await startWorker(tag, { BATCH_SIZE: '1' });
    const { container, start, crops, url, rows } = worker;
    await untilHealthy(container);
    const images = Array.from({ length: total }, (_, index) => cropOf({ key: `${index}.jpg`, fill: index % 250 }));
    expect(await crops.send(images)).toEqual([]);
    await eventually(async () => expect((await aws.depth(url)).inFlight).toBeGreaterThan(0));
    await container.stop(30);
    expect(await container.exited, container.output()).toBe(0);

    const { visible, inFlight } = await aws.depth(url);
    expect(inFlight).toBe(0);
    const [{ stored } = {}] = await rows('select count(*)::int as stored from results');
    console.log(`stopped under load: ${stored} of ${total} images stored, ${visible} left in the queue`);
    expect(visible).toBeGreaterThan(0);
    expect(Number(stored) + visible).toBe(total);

    const second = start();
    await aws.waitUntilEmpty(url);
    await second.stop(30);
    expect(await second.exited, second.output()).toBe(0);
    expect(await rows('select count(*)::int as n, count(distinct key)::int as keys from results')).toEqual([
      { n: total, keys: total },
    ]);
  });

  it('is unhealthy while its messages make no progress', async () => {
    const proxy = await startFaultyProxy(aws.endpoint);
    const settings = { AWS_ENDPOINT: proxy.endpoint, STALLED_AFTER_MS: '500' };
    const { container, crops } = await startWorker(tag, settings);
    await untilHealthy(container);
    proxy.rejectsWrites = true;
    expect(await crops.send([cropOf({ key: 'one.jpg' })])).toEqual([]);
    const check = await eventually(async () => {
      const { code, stdout } = await container.exec(health);
      expect(code).toBe(1);
      return stdout;
    });
    expect(JSON.parse(check)).toMatchObject({ status: 'unavailable', reason: expect.stringContaining('progress') });
    proxy.rejectsWrites = false;
    await container.stop(30);
    expect(await container.exited, container.output()).toBe(0);
  });

  it('refuses to start with an unexpected model, in one line', async () => {
    const { container } = await startWorker(tag, { MODEL_ID: 'tiny@000000000000' });
    expect(await container.exited).toBe(1);
    expect(container.output()).toBe(
      `inception-batch worker: expected the model tiny@000000000000, found ${model.id} in ${model.url}\n`,
    );
  });

  it('with the model inside needs no bucket for it', async () => {
    const baked = 'localhost/inception-batch-worker:baked';
    const file = join(repository, 'lambdas/classify/image/Dockerfile.baked');
    await engine.build(model.folder, { tag: baked, file, args: { WORKER: tag } });
    const { container, crops, url, rows } = await startWorker(baked, { MODEL: 'model' });
    expect(await crops.send([cropOf({ key: 'one.jpg', fill: 7 })])).toEqual([]);
    await aws.waitUntilEmpty(url);
    await container.stop(30);
    expect(await container.exited, container.output()).toBe(0);
    expect(await rows('select key, model from results')).toEqual([{ key: 'one.jpg', model: model.id }]);
  });
});
