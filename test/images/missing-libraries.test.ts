import { join } from 'node:path';
import { expect, it } from 'vitest';
import { missingLibraries } from '../../shared/inference/accelerator/missing-libraries.ts';
import { loadFault } from '../../shared/inference/accelerator/runtime-reason.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { describeImages } from './build-image.ts';
import { makeLibrary } from './make-library.ts';

describeImages('a library', () => {
  it('that needs others is reported with those that the loader does not find', async () => {
    const needs = ['libc.so.6', 'libcublasLt.so.13', 'libcuda.so.1'];
    const path = await makeLibrary(temporaryFolder(), 'libprovider.so', needs);
    expect(missingLibraries(path)).toEqual(['libcublasLt.so.13', 'libcuda.so.1']);
    expect(loadFault(path)).toBe("missing libraries: libcublasLt.so.13, libcuda.so.1 (NVIDIA's driver)");
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
