import { fileURLToPath } from 'node:url';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { FunctionName } from './packing/function-programs.ts';

// Takes the place of assets.ts in the package of the construct, whose folder `assets` contains what assets.ts would make.

/** The packed function. */
export function functionCode(name: FunctionName): Code {
  return Code.fromAsset(fileURLToPath(new URL(`./assets/${name}.zip`, import.meta.url)));
}

/** The folder from which the worker's image is built. */
export function workerImageFolder(): string {
  return fileURLToPath(new URL('./assets/worker-image', import.meta.url));
}
