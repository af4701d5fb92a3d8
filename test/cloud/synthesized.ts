import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { installPackages } from '../../infra/packing/pack-function.ts';
import { assetFor } from '../functions/runtime/asset-for.ts';
import { runtimeRoot } from '../functions/runtime/runtime-root.ts';
import { startFunction as start } from '../functions/runtime/start-function.ts';
import { cdkSynth, type StageSettings } from '../infra/run-app.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { Environment } from './function-pool.ts';
import { reasonAgainst } from './not-stood-up.ts';
import type { FunctionOptions } from './open-functions.ts';
import { type Assembly, readAssembly, resourcesOf } from './template/read-template.ts';

/** Runs `cdk synth` as a user does, and reads its output. */
export async function synthesized(settings: StageSettings): Promise<Assembly> {
  const output = join(temporaryFolder(), 'synth');
  const { code, stderr } = await cdkSynth(output, settings);
  expect(code, stderr).toBe(0);
  return readAssembly(output);
}

/** Copies the build folder of the worker's image and installs its packages, as its Dockerfile does; readable, not writable, for its user. */
export function installImage(staged: string): string {
  const parent = temporaryFolder();
  const folder = join(parent, 'worker');
  cpSync(staged, folder, { recursive: true });
  installPackages(folder, 'x86_64');
  chmodSync(parent, 0o755);
  return folder;
}

/** Starts a function under AWS's runtime interface client, with the x86-64 builds of its packages. */
export async function startFunction({ asset, ...options }: FunctionOptions): Promise<Environment> {
  return start({ ...options, asset: assetFor('x86_64', asset), architecture: 'x86_64' });
}

/** Makes what functions start from before they start: it takes a while, and blocks this process. */
export function prepareFunctions({ template, files }: Assembly): void {
  runtimeRoot('x86_64');
  for (const { id, Properties } of resourcesOf(template, 'AWS::Lambda::Function')) {
    const { S3Key } = z.looseObject({ S3Key: z.string().optional() }).parse(Properties['Code']);
    const asset = files.get(S3Key ?? '');
    if (reasonAgainst(id) === undefined && asset !== undefined) assetFor('x86_64', asset);
  }
}
