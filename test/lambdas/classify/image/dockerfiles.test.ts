import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../../../support/cli.ts';
import { execForm, type Instruction, keyValues, lastStage, parseDockerfile } from '../../../support/dockerfile.ts';

const read = (name: string) => readFile(join(repository, 'lambdas/classify/image', name), 'utf8');
const textsOf = (instructions: readonly Instruction[], wanted: string) =>
  instructions.filter(({ name }) => name === wanted).map(({ text }) => text);

describe.each(['Dockerfile.cpu', 'Dockerfile.gpu'])('%s', async (name) => {
  const source = await read(name);
  const instructions = parseDockerfile(source);
  const image = lastStage(instructions);

  it('starts from images with the version in their tag, and with the Node.js of the tests', async () => {
    const { packages } = JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8'));
    for (const from of textsOf(instructions, 'FROM')) {
      expect(from).toMatch(/^(node:\d+\.\d+\.\d+-|nvidia\/cuda:\d+\.\d+\.\d+-)[\w.-]+( AS \w+)?$/);
      const [, node] = /^node:([\d.]+)/.exec(from) ?? [];
      if (node !== undefined) expect(node).toBe(packages['node_modules/node'].version);
    }
  });

  it('does not run as root, by a number that an orchestrator can check', () => {
    const [user = '', ...more] = textsOf(image, 'USER');
    expect(more).toEqual([]);
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    const after = image.slice(image.findIndex(({ name }) => name === 'USER')).map(({ name }) => name);
    expect(after).not.toContain('RUN');
    expect(after).not.toContain('COPY');
  });

  it('runs Node.js itself, without a shell or npm between it and the signals', () => {
    expect(textsOf(image, 'ENTRYPOINT').map(execForm)).toEqual([['node', 'lambdas/classify/process/main.ts']]);
    expect(textsOf(image, 'CMD')).toEqual([]);
    expect(textsOf(image, 'STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  it('is asked for its health, by a command without a shell', () => {
    const [health = ''] = textsOf(image, 'HEALTHCHECK');
    expect(health).toMatch(/^--interval=\d+s --timeout=\d+s --start-period=\d+s --retries=\d+ CMD \[/);
    expect(execForm(health.slice(health.indexOf('[')))).toEqual(['node', 'lambdas/classify/process/check-health.ts']);
    const { HEALTH_PORT } = keyValues(textsOf(image, 'ENV').join(' '));
    expect(textsOf(image, 'EXPOSE')).toEqual([HEALTH_PORT]);
  });

  it('traces the programs that it runs, and no other', () => {
    const [trace = ''] = textsOf(instructions, 'RUN').filter((text) => text.includes('worker-files.ts'));
    const programs = [...textsOf(image, 'ENTRYPOINT'), ...textsOf(image, 'HEALTHCHECK')].flatMap(
      (text) => execForm(text.slice(text.indexOf('[')))?.slice(1) ?? [],
    );
    expect(trace.split(' ').slice(3)).toEqual(programs);
  });

  it('adds nothing from an address, hides no fault behind a pipe, and installs by the lock', () => {
    expect(textsOf(instructions, 'ADD')).toEqual([]);
    const runs = textsOf(instructions, 'RUN');
    expect(runs.filter((text) => /\||;|curl|wget|sudo|npm (i|install)\b/.test(text))).toEqual([]);
    const npm = runs.filter((text) => text.startsWith('npm'));
    expect(npm).toEqual(['npm ci --omit=dev --ignore-scripts --no-audit --no-fund']);
    for (const text of runs.filter((run) => run.includes('apt-get install'))) {
      expect(text).toMatch(/^apt-get update && .* --no-install-recommends .* && rm -rf \/var\/lib\/apt\/lists\/\*$/);
    }
  });

  it('says what it is and sets what the process needs from its start', () => {
    expect(keyValues(textsOf(image, 'LABEL').join(' '))).toMatchObject({ 'org.opencontainers.image.licenses': 'MIT' });
    expect(keyValues(textsOf(image, 'ENV').join(' '))).toMatchObject({
      NODE_ENV: 'production',
      LD_PRELOAD: 'libjemalloc.so.2',
      UV_THREADPOOL_SIZE: expect.stringMatching(/^\d+$/),
      ORT_DISABLE_TELEMETRY: '1',
    });
    expect(source).toContain(`-f lambdas/classify/image/${name} `);
  });
});

describe('both images', () => {
  it('get their sources in the same way, and their packages but for CUDA', async () => {
    const [cpu = [], gpu = []] = await Promise.all(
      ['Dockerfile.cpu', 'Dockerfile.gpu'].map(async (name) => {
        const instructions = parseDockerfile(await read(name));
        return instructions.slice(0, -lastStage(instructions).length).map(({ name, text }) => `${name} ${text}`);
      }),
    );
    expect(gpu.slice(0, -1)).toEqual(cpu);
    expect(gpu.at(-1)).toMatch(/^RUN ONNXRUNTIME_NODE_INSTALL=cuda12 node .*install\.js /);
  });

  it('take the CUDA that the runtime has a provider for', async () => {
    const script = await readFile(join(repository, 'node_modules/onnxruntime-node/script/install-metadata.js'), 'utf8');
    expect(script).toContain("'linux/x64': ['cuda12']");
    expect(await read('Dockerfile.gpu')).toMatch(/^FROM nvidia\/cuda:12\.\d+\.\d+-cudnn-runtime-/m);
  });
});
