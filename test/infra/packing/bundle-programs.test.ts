import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bundlePrograms } from '../../../infra/packing/bundle-programs.ts';
import { repository } from '../../support/cli.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const main = 'lambdas/classify/process/main.ts';
const thread = 'shared/inference/session-thread.ts';

it('each program becomes one file, with the packages that cannot be bundled at their locked versions', async () => {
  const folder = temporaryFolder();
  bundlePrograms(repository, [main, thread], folder);
  expect(readdirSync(folder).toSorted()).toEqual([
    'main.mjs',
    'package-lock.json',
    'package.json',
    'session-thread.mjs',
  ]);
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
  const { packages } = read(join(repository, 'package-lock.json'));
  const { dependencies } = read(join(folder, 'package.json'));
  expect(dependencies).toEqual({
    'onnxruntime-node': packages['node_modules/onnxruntime-node'].version,
    'parquet-wasm': packages['node_modules/parquet-wasm'].version,
  });
});

it('a program cannot be bundled without the threads that it starts', async () => {
  const folder = temporaryFolder();
  expect(() => bundlePrograms(repository, [main], folder)).toThrow(
    'main.mjs starts session-thread.ts as a thread: bundle it too',
  );
});
