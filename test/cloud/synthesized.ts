import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { once } from '../../shared/flow/once.ts';
import { assetFor } from '../functions/runtime/asset-for.ts';
import { runtimeRoot } from '../functions/runtime/runtime-root.ts';
import { startFunction as start } from '../functions/runtime/start-function.ts';
import { type AppRun, cdkSynth, runApp, type StageSettings } from '../infra/run-app.ts';
import { model } from '../infra/synthesize.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { Environment } from './function-pool.ts';
import { reasonAgainst } from './not-stood-up.ts';
import type { FunctionOptions } from './open-functions.ts';
import { type Assembly, readAssembly, resourcesOf, type Template } from './template/read-template.ts';

/**
 * Synthesizes a stage, with the x86-64 builds of its functions' packages. Its functions are packed once per file of tests, by
 * `cdk synth`: what they contain does not depend on the settings.
 */
export async function synthesized(settings: StageSettings): Promise<Assembly> {
  const functions = await packedFunctions();
  const { template, files, images } = await readRun((output) => runApp(output, settings));
  const packed = ourFunctions(template).map(({ id, key }) => {
    const folder = functions.get(id);
    if (folder === undefined)
      throw new Error(`${id} was not packed: cdk synth with other settings does not contain it`);
    return [key, folder] as const;
  });
  return { template, images, files: new Map([...files, ...packed]) };
}

/** Synthesizes a stage as `cdk synth` does: its functions are packed for arm64, and nothing is replaced. */
export function synthesizedAsDeployed(settings: StageSettings): Promise<Assembly> {
  return readRun((output) => cdkSynth(output, settings));
}

/** The folders of packed functions, by logical id; also makes what they start from, which takes a while. */
const packedFunctions = once(async () => {
  const { template, files } = await synthesizedAsDeployed({ model, classifier: 'lambda' });
  runtimeRoot('x86_64');
  return new Map(
    ourFunctions(template).map(({ id, key }) => {
      const folder = files.get(key);
      if (folder === undefined) throw new Error(`the asset of ${id} is missing`);
      return [id, assetFor('x86_64', folder)] as const;
    }),
  );
});

async function readRun(run: (output: string) => Promise<AppRun>): Promise<Assembly> {
  const output = join(temporaryFolder(), 'synth');
  const { code, stderr } = await run(output);
  expect(code, stderr).toBe(0);
  return readAssembly(output);
}

/** The functions that stand up, with the keys of their assets. */
function ourFunctions(template: Template): { readonly id: string; readonly key: string }[] {
  const ours = resourcesOf(template, 'AWS::Lambda::Function').filter(({ id }) => reasonAgainst(id) === undefined);
  return ours.map(({ id, Properties }) => {
    const { S3Key } = z.looseObject({ S3Key: z.string() }).parse(Properties['Code']);
    return { id, key: S3Key };
  });
}

/**
 * Copies the build folder of the worker's image and installs its packages, as its Dockerfile does. The worker's user can
 * read the folder, and resolves nothing outside of it.
 */
export function installImage(staged: string): string {
  const parent = temporaryFolder();
  const folder = join(parent, 'worker');
  cpSync(assetFor('x86_64', staged), folder, { recursive: true });
  chmodSync(parent, 0o755);
  return folder;
}

/** Starts a function under AWS's runtime interface client, with the x86-64 builds of its packages. */
export function startFunction(options: FunctionOptions): Promise<Environment> {
  return start({ ...options, architecture: 'x86_64' });
}
