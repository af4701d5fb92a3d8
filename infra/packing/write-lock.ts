import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runNpm } from './run-npm.ts';

/** npm writes both into the lock. Those of the project or of the folder would change what is packed. */
const identity = { name: 'packed', version: '0.0.0', type: 'module', private: true };

/**
 * Writes a `package.json` of these packages, and the part of the repository's lock that they need.
 * @param packages versions by name
 */
export function writeLock(repository: string, packages: Readonly<Record<string, string>>, folder: string): void {
  const contents = JSON.stringify({ ...identity, dependencies: packages }, null, 2);
  writeFileSync(join(folder, 'package.json'), `${contents}\n`);
  copyFileSync(join(repository, 'package-lock.json'), join(folder, 'package-lock.json'));
  // npm removes the packages that are not needed from the lock; everything that it asks for is in it.
  runNpm(folder, ['install', '--package-lock-only', '--offline']);
}
