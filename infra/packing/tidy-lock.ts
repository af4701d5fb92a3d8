import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';

// Removes from package-lock.json what npm would act on wrongly, see docs/decisions/0028-installation.md: run it after an update
// of dependencies.
//
// `engines`: npm compares it with the Node that runs npm, but the packages run with the Node that the lock installs.
// `hasInstallScript` of a package whose script package.json denies: npm before 11.16 does not know `allowScripts`.

const repository = resolve(import.meta.dirname, '../..');
const lockFile = resolve(repository, 'package-lock.json');
const { allowScripts } = z
  .looseObject({ allowScripts: z.record(z.string(), z.boolean()) })
  .parse(readJson(resolve(repository, 'package.json')));
const lock = z
  .looseObject({ packages: z.record(z.string(), z.record(z.string(), z.unknown())) })
  .parse(readJson(lockFile));

for (const [path, entry] of Object.entries(lock.packages)) {
  delete entry['engines'];
  if (allowScripts[path.replace(/^.*node_modules\//, '')] === false) delete entry['hasInstallScript'];
}
writeFileSync(lockFile, `${JSON.stringify(lock, null, 2)}\n`);

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
