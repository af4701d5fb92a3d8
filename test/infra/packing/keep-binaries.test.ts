import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keepBinaries } from '../../../infra/packing/keep-binaries.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

it("keeps only the platform's binaries of onnxruntime, and lists the platforms that have some if it has none", async () => {
  const folder = temporaryFolder();
  expect(() => keepBinaries(folder, 'linux', 'arm64')).not.toThrow();
  const binaries = join(folder, 'node_modules/onnxruntime-node/bin/napi-v6');
  for (const platform of ['linux/x64', 'linux/arm64', 'win32/x64'])
    mkdirSync(join(binaries, platform), { recursive: true });
  expect(() => keepBinaries(folder, 'aix', 'ppc64')).toThrow('no binaries for aix/ppc64, only for linux/arm64');
  keepBinaries(folder, 'linux', 'arm64');
  expect(readdirSync(binaries, { recursive: true }).toSorted()).toEqual(['linux', 'linux/arm64', 'win32']);
});

it('keeps only the build of parquet-wasm that Node loads', () => {
  const folder = temporaryFolder();
  const wasm = join(folder, 'node_modules/parquet-wasm');
  for (const build of ['bundler', 'esm', 'node']) mkdirSync(join(wasm, build), { recursive: true });
  keepBinaries(folder, 'linux', 'arm64');
  expect(readdirSync(wasm)).toEqual(['node']);
});
