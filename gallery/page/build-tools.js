import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '../..');
const names = ['esbuild', 'preact', '@preact/signals', '@tanstack/virtual-core'];

/**
 * The bundler and what the page is made of. They are development dependencies: after `npm ci --omit=dev` they are
 * installed in a temporary folder, as locked, because the page needs them only while it is built.
 * @returns {{ require: NodeJS.Require, nodePaths: string[], remove: () => void }}
 */
export function openBuildTools() {
  const require = createRequire(import.meta.url);
  if (names.every((name) => isInstalled(require, name))) return { require, nodePaths: [], remove: () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'inception-batch-page-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    install(folder);
  } catch (cause) {
    remove();
    throw new Error(
      'the page was not built, for the reason above: run "npm run build:page" later, or "npm ci --omit=dev --ignore-scripts" to install without it',
      { cause },
    );
  }
  const packages = join(folder, 'node_modules');
  return { require: createRequire(join(folder, 'package.json')), nodePaths: [packages], remove };
}

function isInstalled(require, name) {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

function install(folder) {
  const { lockfileVersion, packages } = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8'));
  const dependencies = Object.fromEntries(names.map((name) => [name, packages[`node_modules/${name}`].version]));
  const root = { name: 'page', version: '0.0.0', dependencies };
  const lock = { ...root, lockfileVersion, packages: { '': root, ...lockedPackages(packages, names) } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...root, private: true }));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
}

/** Entries of a lock for packages and everything that they depend on. */
function lockedPackages(packages, wanted) {
  const locked = {};
  const queue = [...wanted];
  for (const name of queue) {
    const path = `node_modules/${name}`;
    if (!(path in packages) || path in locked) continue;
    const { dev, devOptional, ...entry } = packages[path];
    locked[path] = entry;
    queue.push(...Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }));
  }
  return locked;
}
