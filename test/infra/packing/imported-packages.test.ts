import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { bundlePrograms } from '../../../infra/packing/bundle-programs.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A repository of one program, with its lock. */
function repositoryOf(files: Record<string, string>, packages: Record<string, unknown> = {}): string {
  const repository = temporaryFolder();
  const lock = JSON.stringify({ lockfileVersion: 3, packages });
  for (const [path, text] of Object.entries({ ...files, 'package-lock.json': lock })) {
    mkdirSync(dirname(join(repository, path)), { recursive: true });
    writeFileSync(join(repository, path), text);
  }
  return repository;
}

const pack = (repository: string) => bundlePrograms(repository, ['index.ts'], temporaryFolder());

it('a program cannot import a package that is missing in the lock', () => {
  const repository = repositoryOf({ 'index.ts': "import sharp from 'sharp'; sharp();" });
  expect(() => pack(repository)).toThrow(
    'index.ts imports sharp, which is missing in package-lock.json: it would not be installed',
  );
});

it('a package that is only tried must be known to be optional', () => {
  const trying = "try { require('supports-color') } catch {} module.exports = 1;";
  const files = (name: string) => ({
    'index.ts': `import one from '${name}'; console.log(one);`,
    [`node_modules/${name}/index.js`]: trying,
    [`node_modules/${name}/package.json`]: JSON.stringify({ name, main: 'index.js' }),
  });
  expect(() => pack(repositoryOf(files('another')))).toThrow('another/index.js imports supports-color');
  expect(() => pack(repositoryOf(files('debug')))).not.toThrow();
});

it('a package that has binaries cannot be bundled without them', () => {
  const repository = repositoryOf(
    {
      'index.ts': "import one from 'native'; console.log(one);",
      'node_modules/native/index.js': 'module.exports = 1;',
      'node_modules/native/package.json': JSON.stringify({ name: 'native', main: 'index.js' }),
    },
    {
      'node_modules/native': { version: '1.0.0', optionalDependencies: { 'native-linux': '1.0.0' } },
      'node_modules/native-linux': { version: '1.0.0', cpu: ['arm64'] },
    },
  );
  expect(() => pack(repository)).toThrow('the bundle contains node_modules/native, but not its binaries');
});
