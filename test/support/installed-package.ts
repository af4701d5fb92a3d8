import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from './cli.ts';

const execute = promisify(execFile);

export interface InstalledPackage {
  /** The packed package. */
  readonly tarball: string;
  /** The folder of a user, where the package and nothing of the repository is installed. */
  readonly user: string;
}

/** Packs the package and installs it in an empty folder, as a user does. @param others more packages to install */
export async function installPackage(folder: string, others: readonly string[] = []): Promise<InstalledPackage> {
  await execute('npm', ['pack', '--pack-destination', folder], { cwd: repository });
  const [name = ''] = (await readdir(folder)).filter((file) => file.endsWith('.tgz'));
  const [tarball, user] = [join(folder, name), join(folder, 'user')];
  await mkdir(user);
  await writeFile(join(user, 'package.json'), '{ "private": true, "type": "module" }');
  // Native binaries are in their packages; the only install script would download CUDA.
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  await execute('npm', ['install', ...options, tarball, ...others], { cwd: user });
  return { tarball, user };
}
