import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FunctionArchitecture } from '../../../infra/packing/pack-function.ts';
import { mountedEmulator, names } from './architectures.ts';
import { unpackLibraries } from './debian-libraries.ts';
import { buildRuntimeClient } from './runtime-client.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const cache = fileURLToPath(new URL('../../../.cache/lambda-runtime', import.meta.url));

/** What the files are made from: a change makes them again. */
const sources = ['client/package-lock.json', 'runtime-root.ts', 'runtime-client.ts', 'debian-libraries.ts'];

const mountPoints = ['proc', 'dev', 'tmp', 'var/task', 'opt'];
const accounts = 'root:x:0:0:root:/root:/sbin/nologin\nsbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin\n';

/**
 * The files of a Lambda environment: Debian's C and C++ libraries, Node in `/var/lang`, AWS's runtime interface client in
 * `/var/runtime`, and nothing else. They are made once, in a minute, and kept in `.cache/`.
 * @returns the folder to use as the root of the file system
 */
export function runtimeRoot(architecture: FunctionArchitecture): string {
  const hash = createHash('sha256');
  for (const source of sources) hash.update(readFileSync(join(here, source)));
  const folder = join(cache, hash.digest('hex').slice(0, 16), architecture);
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const unfinished = mkdtempSync(`${folder}-`);
  try {
    const client = buildRuntimeClient(architecture, join(unfinished, 'client'));
    const root = join(unfinished, 'root');
    unpackLibraries(names[architecture].debian, root);
    for (const path of mountPoints) mkdirSync(join(root, path), { recursive: true });
    for (const [path, source] of Object.entries(client)) cpSync(source, join(root, path));
    mkdirSync(join(root, 'etc'), { recursive: true });
    writeFileSync(join(root, 'etc/passwd'), accounts);
    writeFileSync(join(root, mountedEmulator), '');
    if (!existsSync(folder)) renameSync(root, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}
