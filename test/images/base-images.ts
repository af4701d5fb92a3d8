import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from '../support/cli.ts';
import type { Engine } from './engine.ts';
import { makeLibrary } from './make-library.ts';

const execute = promisify(execFile);

/** Of the packages of Debian's slim images and of debootstrap, nothing that a build or a worker uses. */
const unused = ['var/cache/apt/archives', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale'];

/**
 * Makes images that stand in for those that the Dockerfile names, which need a registry: Debian by debootstrap, with the
 * Node.js and npm of npm's packages for the image of Node.js, and with an empty `libcudart.so.13` for NVIDIA's.
 * @param dockerfile its FROM instructions name the images
 */
export async function makeBaseImages(engine: Engine, dockerfile: string, folder: string): Promise<void> {
  const root = join(folder, 'debian');
  await execute('debootstrap', ['--variant=minbase', 'bookworm', root], { maxBuffer: 2 ** 26 });
  for (const path of unused) await rm(join(root, path), { recursive: true, force: true });
  await mkdir(join(root, 'var/cache/apt/archives/partial'), { recursive: true });
  const names = await baseNames(dockerfile);

  const runtime = await makeLibrary(join(root, 'usr/lib/x86_64-linux-gnu'), 'libcudart.so.13', []);
  await engine.importFolder(root, names.cuda);
  await rm(runtime);

  await copyFile(join(repository, 'node_modules/node/bin/node'), join(root, 'usr/local/bin/node'));
  await execute('npm', [
    'install',
    '--global',
    '--prefix',
    join(root, 'usr/local'),
    '--no-audit',
    '--no-fund',
    // Exactly one version: the tests must not change by themselves.
    'npm@11.21.2',
  ]);
  await engine.importFolder(root, names.node);
  await rm(root, { recursive: true });
}

async function baseNames(dockerfile: string): Promise<{ node: string; cuda: string }> {
  const source = await readFile(dockerfile, 'utf8');
  const [, node] = /^FROM (node:\S+)/m.exec(source) ?? [];
  const [, cuda] = /^FROM (nvidia\/cuda:\S+)/m.exec(source) ?? [];
  if (node === undefined || cuda === undefined) throw new Error(`${dockerfile} names other base images`);
  return { node: `docker.io/library/${node}`, cuda: `docker.io/${cuda}` };
}
