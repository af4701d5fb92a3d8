import { copyFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bundlePrograms } from './bundle-programs.ts';
import { writeFolder } from './write-folder.ts';

/** The worker, its health check, the thread that runs the network, and a check of the GPU image while it is built. */
const programs = [
  'lambdas/classify/process/main.ts',
  'lambdas/classify/process/check-health.ts',
  'shared/inference/session-thread.ts',
  'infra/packing/check-libraries.ts',
];

/** What the builder copies or runs as it is. */
const copied = [
  'lambdas/classify/image/Dockerfile',
  'infra/packing/keep-binaries.ts',
  'infra/packing/install-cuda-provider.ts',
];

/**
 * Writes the build context of the worker's images: the bundled programs, a lock of the packages that cannot be bundled, the
 * Dockerfile and the scripts that it runs. Only a change of these changes the image.
 * @param repository folder with `package-lock.json` and the installed packages
 * @param folder output; it is created if missing
 */
export function stageWorkerImage(repository: string, folder: string): void {
  bundlePrograms(repository, programs, folder);
  for (const path of copied) copyFileSync(join(repository, path), join(folder, basename(path)));
}

// node infra/packing/stage-worker-image.ts FOLDER
if (import.meta.main) {
  await writeFolder(
    process.argv.slice(2),
    (folder) => stageWorkerImage(process.cwd(), folder),
    (folder) => `docker build --target cpu -t inception-batch-worker:cpu ${folder}`,
  );
}
