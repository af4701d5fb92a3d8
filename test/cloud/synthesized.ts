import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { installPackages } from '../../infra/packing/pack-function.ts';
import { cdkSynth, type StageSettings } from '../infra/run-app.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type Assembly, readAssembly } from './template/read-template.ts';

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
