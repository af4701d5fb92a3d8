import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { type FunctionName, functionPrograms } from './packing/function-programs.ts';
import { packFunction } from './packing/pack-function.ts';
import { stageWorkerImage } from './packing/stage-worker-image.ts';

// Assets that are made from the sources during synthesis. The package of the construct contains them already: there,
// prebuilt-assets.ts replaces this file.

const repository = fileURLToPath(new URL('..', import.meta.url));

/** The packed function; the hash is that of the packed files. */
export function functionCode(name: FunctionName): Code {
  const programs = functionPrograms[name];
  return Code.fromAsset(join(repository, dirname(programs[0])), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Required, but only used where packing on this machine is not possible.
      image: DockerImage.fromRegistry('scratch'),
      local: {
        tryBundle(folder) {
          packFunction(repository, programs, folder);
          return true;
        },
      },
    },
  });
}

/** Made once per process; the CDK copies it into its output. */
let staged: string | undefined;

/** The folder from which the worker's image is built. */
export function workerImageFolder(): string {
  if (staged !== undefined) return staged;
  const folder = mkdtempSync(join(tmpdir(), 'inception-batch-image-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  stageWorkerImage(repository, folder);
  staged = folder;
  return folder;
}
