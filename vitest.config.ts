import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig, defineProject } from 'vitest/config';

/** The same tests on different servers. */
const s3Servers = 'test/s3-servers/**/*.test.ts';

/** Projects with a command of their own, see package.json. Their files run one at a time: they measure memory or use every core. */
const apart: Record<string, { include: string; minutes: number; globalSetup?: string }> = {
  cloud: { include: 'test/cloud/*.test.ts', minutes: 10 },
  grants: { include: 'test/cloud/grants/*.test.ts', minutes: 20 },
  slow: { include: 'test/slow/**/*.test.ts', minutes: 15 },
  cases: { include: 'test/cases/*.test.ts', minutes: 10 },
  chaos: { include: 'test/chaos/**/*.test.ts', minutes: 60 },
  corpus: { include: 'test/corpus/**/*.test.ts', minutes: 20 },
  training: { include: 'test/training/**/*.test.ts', minutes: 60 },
  webgpu: { include: 'test/webgpu/**/*.test.ts', minutes: 15 },
  functions: { include: 'test/functions/**/*.test.ts', minutes: 15 },
  images: { include: 'test/images/**/*.test.ts', minutes: 15, globalSetup: 'test/images/global-setup.ts' },
  s3: { include: s3Servers, minutes: 15, globalSetup: 'test/s3-servers/setup-swift.ts' },
  radosgw: { include: s3Servers, minutes: 15, globalSetup: 'test/s3-servers/setup-radosgw.ts' },
  's3-endpoint': { include: s3Servers, minutes: 15, globalSetup: 'test/s3-servers/setup-endpoint.ts' },
  library: { include: 'test/library/**/*.test.ts', minutes: 15 },
  construct: { include: 'test/construct/**/*.test.ts', minutes: 15 },
  readme: { include: 'test/readme/**/*.test.ts', minutes: 30 },
  nsfwjs: { include: 'test/nsfwjs/**/*.test.ts', minutes: 15 },
  page: { include: 'test/gallery/page/**/*.test.ts', minutes: 10 },
};

/** Time limits only end what hangs: a busy machine stays below them. */
function timeouts(minutes: number) {
  return { testTimeout: minutes * 60_000, hookTimeout: minutes * 60_000 };
}

/** Caches of the commands that tests run; no test uses those of the user. */
const cacheFolder = mkdtempSync(join(tmpdir(), 'inception-batch-cache-'));
process.on('exit', () => rmSync(cacheFolder, { recursive: true, force: true }));
/** Nor does a test use the user's AWS settings; emulators accept any credentials. */
const aws = {
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_CONFIG_FILE: join(cacheFolder, 'no-aws-config'),
  AWS_SHARED_CREDENTIALS_FILE: join(cacheFolder, 'no-aws-credentials'),
};
const env = { ORT_DISABLE_TELEMETRY: '1', XDG_CACHE_HOME: cacheFolder, ...aws };

export default defineConfig({
  test: {
    // One more than two cores: many files mostly wait for processes and queues.
    maxWorkers: 3,
    projects: [
      defineProject({
        test: {
          name: 'main',
          include: ['test/**/*.test.ts'],
          exclude: Object.values(apart).map(({ include }) => include),
          env,
          ...timeouts(10),
          // Files share two processes: loading every module again for each of 200 files costs minutes.
          isolate: false,
        },
      }),
      ...Object.entries(apart).map(([name, { include, minutes, ...setup }]) =>
        defineProject({
          test: { name, include: [include], env, ...timeouts(minutes), ...setup, fileParallelism: false },
        }),
      ),
    ],
  },
});
