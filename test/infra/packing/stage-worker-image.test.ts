import { appendFileSync, cpSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { FileSystem } from 'aws-cdk-lib';
import { expect, it } from 'vitest';
import { stageWorkerImage } from '../../../infra/packing/stage-worker-image.ts';
import { repository } from '../../support/cli.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Stages the image of a repository; the result is the fingerprint that the CDK uses. */
function fingerprintOf(sources: string): string {
  const folder = temporaryFolder();
  stageWorkerImage(sources, folder);
  return FileSystem.fingerprint(folder);
}

function copyOfSources(): string {
  const copy = temporaryFolder();
  for (const name of [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'shared',
    'lambdas',
    'results',
    'jobs',
    'infra',
  ]) {
    cpSync(join(repository, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

it('the build context contains the programs, the packages that cannot be bundled, and what the Dockerfile uses', () => {
  const folder = temporaryFolder();
  stageWorkerImage(repository, folder);
  const dockerfile = readFileSync(join(folder, 'Dockerfile'), 'utf8');
  const names = readdirSync(folder).filter((name) => name !== 'Dockerfile');
  expect(names).toEqual(
    expect.arrayContaining(['main.mjs', 'session-thread.mjs', 'check-health.mjs', 'package-lock.json']),
  );
  for (const name of names) expect(dockerfile).toContain(name);
});

it('the lock contains the packages of the worker and no others, at the versions of the project', () => {
  const folder = temporaryFolder();
  stageWorkerImage(repository, folder);
  const packagesOf = (path: string): Record<string, { version?: string; integrity?: string }> =>
    JSON.parse(readFileSync(join(path, 'package-lock.json'), 'utf8')).packages;
  const { '': root, ...packages } = packagesOf(folder);
  const all = packagesOf(repository);
  expect(root).toMatchObject({ name: 'packed', version: '0.0.0' });
  expect(Object.keys(packages)).toHaveLength(18);
  for (const [path, { version, integrity }] of Object.entries(packages)) {
    expect({ path, version, integrity }).toEqual({
      path,
      version: all[path]?.version,
      integrity: all[path]?.integrity,
    });
  }
});

it('only a change of what is in the image changes the image', () => {
  const sources = copyOfSources();
  const before = fingerprintOf(sources);
  appendFileSync(join(sources, 'lambdas/ingest/ingest.ts'), '\nexport const another = 1;\n');
  appendFileSync(join(sources, 'infra/stack.ts'), '\nexport const another = 1;\n');
  expect(fingerprintOf(sources)).toBe(before);
  appendFileSync(join(sources, 'lambdas/classify/process/check-health.ts'), "\nconsole.log('another');\n");
  expect(fingerprintOf(sources)).not.toBe(before);
});
