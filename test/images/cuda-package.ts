import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';
import { repository } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeLibrary } from './make-library.ts';

const require = createRequire(join(repository, 'node_modules/onnxruntime-node/package.json'));
const { version } = z.object({ version: z.string() }).parse(require('./package.json'));
const name = 'microsoft.ml.onnxruntime.gpu.linux';

/** Path of the package in a NuGet feed. */
export const cudaPackagePath = `${name}/${version}/${name}.${version}.nupkg`;

/**
 * A package like that of onnxruntime's CUDA provider, with empty libraries.
 * @param needs what the provider is linked with
 */
export async function makeCudaPackage(needs: readonly string[]): Promise<Buffer> {
  const folder = temporaryFolder();
  const zip = new (require('adm-zip'))();
  for (const [file, needed] of Object.entries({ cuda: needs, shared: [] })) {
    const library = `libonnxruntime_providers_${file}.so`;
    const path = await makeLibrary(folder, library, needed);
    zip.addFile(`runtimes/linux-x64/native/${library}`, await readFile(path));
  }
  return zip.toBuffer();
}
