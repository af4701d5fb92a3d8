import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { repository } from '../support/cli.ts';
import { buildPage } from '../support/serve.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const execute = promisify(execFile);
const folder = temporaryFolder();

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({ hasInstallScript: z.boolean().optional(), engines: z.unknown().optional() }),
  ),
});
const manifestSchema = z.object({ engines: z.unknown().optional(), allowScripts: z.record(z.string(), z.boolean()) });

describe('npm installs the repository', () => {
  it('without running a script that it asks about, and without downloading CUDA', async () => {
    const { allowScripts } = manifestSchema.parse(await readJson('package.json'));
    const { packages } = lockSchema.parse(await readJson('package-lock.json'));
    const withScript = Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
      hasInstallScript === true ? [path.replace(/^.*node_modules\//, '')] : [],
    );
    expect(withScript.filter((name) => !(name in allowScripts))).toEqual([]);
    // npm before 11.16 ignores allowScripts, but runs no script that the lock does not name.
    expect(allowScripts['onnxruntime-node']).toBe(false);
    expect(
      withScript.filter((name) => allowScripts[name] === false),
      'run "npm run tidy:lock"',
    ).toEqual([]);
  });

  it('without a setting that npm does not know', () => {
    expect(existsSync(join(repository, '.npmrc'))).toBe(false);
  });

  it('without a complaint about the Node of the user, because it brings its own', async () => {
    // npx checks this field of the repository at every call, and npm ci those in the lock, although the Node in
    // node_modules runs.
    expect(manifestSchema.parse(await readJson('package.json')).engines).toBeUndefined();
    const { packages } = lockSchema.parse(await readJson('package-lock.json'));
    const checked = Object.entries(packages).flatMap(([path, { engines }]) => (engines === undefined ? [] : [path]));
    expect(checked, 'run "npm run tidy:lock"').toEqual([]);
  });
});

it('the page is the same if it is built without the development dependencies', async () => {
  for (const path of ['package.json', 'package-lock.json', 'gallery', 'shared']) {
    await cp(join(repository, path), join(folder, path), { recursive: true });
  }
  await execute(process.execPath, ['gallery/page/build.js'], { cwd: folder });
  await buildPage();

  const built = join(folder, 'dist/page');
  expect(await readdir(built)).toEqual(await readdir(join(repository, 'dist/page')));
  for (const name of await readdir(built)) {
    expect(await readFile(join(built, name), 'utf8'), name).toBe(
      await readFile(join(repository, 'dist/page', name), 'utf8'),
    );
  }
});

async function readJson(name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(repository, name), 'utf8'));
}
