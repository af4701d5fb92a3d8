import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FunctionArchitecture, installPackages } from '../../../infra/packing/pack-function.ts';

const packing = fileURLToPath(new URL('../../../infra/packing', import.meta.url));
/** What decides which packages and binaries stay: a change makes the copy again. */
const sources = ['pack-function.ts', 'keep-binaries.ts'];

const cache = fileURLToPath(new URL('../../../.cache/lambda-assets', import.meta.url));

/**
 * A function that was packed for arm64, for another architecture: the same bundles, `package.json` and lock, and the builds
 * of the same packages that the lock has for it. It is made once and kept in `.cache/`.
 * @param packed folder of the function; it is not changed
 */
export function assetFor(architecture: FunctionArchitecture, packed: string): string {
  if (architecture === 'arm64') return packed;
  const files = readdirSync(packed).filter((name) => name !== 'node_modules');
  const hash = createHash('sha256');
  for (const source of sources) hash.update(readFileSync(join(packing, source)));
  for (const name of files) hash.update(name).update(readFileSync(join(packed, name)));
  const folder = join(cache, hash.digest('hex').slice(0, 16), architecture);
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const unfinished = mkdtempSync(`${folder}-`);
  try {
    // A folder of `mkdtemp` is closed to others, and a function runs as another user.
    const copy = join(unfinished, 'asset');
    for (const name of files) cpSync(join(packed, name), join(copy, name));
    installPackages(copy, architecture);
    if (!existsSync(folder)) renameSync(copy, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}
