import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { missingLibraries } from '../../shared/inference/accelerator/missing-libraries.ts';
import { loadFault } from '../../shared/inference/accelerator/runtime-reason.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeLibrary } from './make-library.ts';

const execute = promisify(execFile);

/** Makes `libdep.so.1` with one function of a version. */
async function makeVersioned(folder: string, version: string): Promise<string> {
  await mkdir(folder);
  await writeFile(join(folder, 'versions'), `${version} { global: call; };`);
  await writeFile(join(folder, 'dep.c'), 'int call(void) { return 1; }');
  const path = join(folder, 'libdep.so.1');
  const options = [
    '-shared',
    '-nostdlib',
    '-Wl,-soname,libdep.so.1',
    `-Wl,--version-script=${join(folder, 'versions')}`,
  ];
  await execute('cc', [...options, '-o', path, join(folder, 'dep.c')]);
  return path;
}

describe('a library', () => {
  it('that needs others is reported with those that the loader does not find', async () => {
    const needs = ['libc.so.6', 'libcublasLt.so.13', 'libcuda.so.1'];
    const path = await makeLibrary(temporaryFolder(), 'libprovider.so', needs);
    expect(missingLibraries(path)).toEqual(['libcublasLt.so.13', 'libcuda.so.1']);
    expect(loadFault(path)).toBe("missing libraries: libcublasLt.so.13, libcuda.so.1 (NVIDIA's driver)");
  });

  it('that needs a version of a library that the loader does not find is reported with it', async () => {
    const folder = temporaryFolder();
    await makeVersioned(join(folder, 'old'), 'DEP_1');
    const newer = await makeVersioned(join(folder, 'new'), 'DEP_2');
    await writeFile(join(folder, 'use.c'), 'int call(void); int use(void) { return call(); }');
    const path = join(folder, 'libprovider.so');
    const options = ['-shared', '-nostdlib', `-Wl,-rpath,${join(folder, 'old')}`];
    await execute('cc', [...options, '-o', path, join(folder, 'use.c'), newer]);
    expect(missingLibraries(path)).toEqual(['libdep.so.1 (DEP_2)']);
    expect(loadFault(path)).toBe('missing libraries: libdep.so.1 (DEP_2)');
  });

  it('that cannot be examined leaves the reason to the runtime', async () => {
    const path = await makeLibrary(temporaryFolder(), 'libprovider.so', ['libcuda.so.1']);
    vi.stubEnv('PATH', '');
    try {
      expect(() => missingLibraries(path)).toThrow(/ENOENT/);
      expect(loadFault(path)).toBeUndefined();
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('that needs nothing missing is not at fault', async () => {
    const path = await makeLibrary(temporaryFolder(), 'libprovider.so', ['libc.so.6']);
    expect(missingLibraries(path)).toEqual([]);
    expect(loadFault(path)).toBeUndefined();
  });

  it('that does not exist was not downloaded', () => {
    const path = join(temporaryFolder(), 'libprovider.so');
    expect(() => missingLibraries(path)).toThrow();
    expect(loadFault(path)).toBe("onnxruntime-node does not include NVIDIA's libraries");
  });
});
