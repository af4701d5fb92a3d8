import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../../../support/cli.ts';
import { execForm, type Instruction, keyValues, parseDockerfile, stageOf } from '../../../support/dockerfile.ts';

const source = await readFile(join(repository, 'lambdas/classify/image/Dockerfile'), 'utf8');
const instructions = parseDockerfile(source);
/** Before the commands that download from a registry. */
const trustCaBundle =
  '--mount=type=secret,id=ca-bundle if [ -f /run/secrets/ca-bundle ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca-bundle; fi && ';
const textsOf = (from: readonly Instruction[], kind: string) =>
  from.filter(({ name }) => name === kind).map(({ text }) => text);

describe('the Dockerfile of the worker', () => {
  it('starts from images with the version in their tag, and with the Node.js of the tests', async () => {
    const { packages } = JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8'));
    for (const from of textsOf(instructions, 'FROM')) {
      expect(from).toMatch(/^(packages|node:\d+\.\d+\.\d+-[\w.-]+|nvidia\/cuda:\d+\.\d+\.\d+-[\w.-]+) AS [\w-]+$/);
      const [, node] = /^node:([\d.]+)/.exec(from) ?? [];
      if (node !== undefined) expect(node).toBe(packages['node_modules/node'].version);
    }
  });

  it('downloads nothing by ADD, hides no fault behind a pipe, and installs from the lock', () => {
    expect(textsOf(instructions, 'ADD')).toEqual([]);
    const runs = textsOf(instructions, 'RUN').map((text) => text.replace(trustCaBundle, ''));
    expect(runs.filter((text) => /\||;|curl|wget|sudo|npm (i|install)\b/.test(text))).toEqual([]);
    const npm = runs.filter((text) => text.startsWith('npm'));
    expect(npm).toEqual(['npm ci --ignore-scripts --no-audit --no-fund']);
    for (const text of runs.filter((run) => run.includes('apt-get install'))) {
      expect(text).toMatch(
        /^(rm -f \S+ && )?apt-get update && .* --no-install-recommends .* && rm -rf \/var\/lib\/apt\/lists\/\*$/,
      );
    }
  });

  it('takes the CUDA of which the runtime has a provider, and checks the libraries of what it downloaded', () => {
    const gpu = stageOf(instructions, 'gpu');
    expect(textsOf(gpu, 'FROM')[0]).toMatch(/^nvidia\/cuda:13\.0\.\d+-cudnn-runtime-/);
    expect(textsOf(gpu, 'RUN').at(-1)).toMatch(/check-libraries\.mjs \S+\/libonnxruntime_providers_cuda\.so$/);
  });
});

describe.each(['cpu', 'gpu'])('the %s image', (target) => {
  const image = stageOf(instructions, target);

  it('does not run as root, by a number that an orchestrator can check', () => {
    const [user = '', ...more] = textsOf(image, 'USER');
    expect(more).toEqual([]);
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    const after = image.slice(image.findIndex(({ name }) => name === 'USER')).map(({ name }) => name);
    expect(after).not.toContain('RUN');
    expect(after).not.toContain('COPY');
  });

  it('runs Node.js itself, without a shell or npm between it and the signals', () => {
    expect(textsOf(image, 'ENTRYPOINT').map(execForm)).toEqual([['node', 'main.mjs']]);
    expect(textsOf(image, 'CMD')).toEqual([]);
    expect(textsOf(image, 'STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  it('has a health check that needs no shell', () => {
    const [health = ''] = textsOf(image, 'HEALTHCHECK');
    expect(health).toMatch(/^--interval=\d+s --timeout=\d+s --start-period=\d+s --retries=\d+ CMD \[/);
    expect(execForm(health.slice(health.indexOf('[')))).toEqual(['node', 'check-health.mjs']);
    const { HEALTH_PORT } = keyValues(textsOf(image, 'ENV').join(' '));
    expect(textsOf(image, 'EXPOSE')).toEqual([HEALTH_PORT]);
  });

  it('states its license and sets the environment that the process needs', () => {
    expect(keyValues(textsOf(image, 'LABEL').join(' '))).toMatchObject({ 'org.opencontainers.image.licenses': 'MIT' });
    expect(keyValues(textsOf(image, 'ENV').join(' '))).toMatchObject({
      NODE_ENV: 'production',
      LD_PRELOAD: 'libjemalloc.so.2',
      UV_THREADPOOL_SIZE: expect.stringMatching(/^\d+$/),
      ORT_DISABLE_TELEMETRY: '1',
    });
    expect(source).toContain(`--target ${target} -t inception-batch-worker:${target} dist/worker-image`);
  });
});
