import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type PackageLock, type PackageManifest, reducePackage } from './reduce-lock.ts';
import { traceSources } from './trace-sources.ts';

/**
 * Writes what a container of the worker needs into a folder: the sources that its programs load, and a `package.json`
 * and lock with the packages that these load, for `npm ci`. Run in the repository, without any package installed:
 *
 *     node lambdas/classify/image/worker-files.ts FOLDER PROGRAM...
 */
const [folder, ...programs] = process.argv.slice(2);
if (folder === undefined || programs.length === 0) throw new Error('expected a folder and one or more programs');

const { files, packages } = traceSources(process.cwd(), programs);
const manifest: PackageManifest = JSON.parse(readFileSync('package.json', 'utf8'));
const lock: PackageLock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const reduced = reducePackage(manifest, lock, packages);

for (const file of files) {
  mkdirSync(join(folder, dirname(file)), { recursive: true });
  cpSync(file, join(folder, file));
}
writeFileSync(join(folder, 'package.json'), `${JSON.stringify(reduced.manifest, null, 2)}\n`);
writeFileSync(join(folder, 'package-lock.json'), `${JSON.stringify(reduced.lock, null, 2)}\n`);
console.log(`${files.size} sources, packages ${[...packages].sort().join(' ')}`);
