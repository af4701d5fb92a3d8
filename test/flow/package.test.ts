import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { repository } from '../support/cli.ts';
import { writePhotos } from '../support/photos.ts';
import { startServeOf } from '../support/serve.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const execute = promisify(execFile);
const folder = temporaryFolder();

it('the package works after installation in another folder', async () => {
  await execute('npm', ['pack', '--pack-destination', folder], { cwd: repository });
  const [tarball = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  const user = join(folder, 'user');
  await mkdir(user);
  await writeFile(join(user, 'package.json'), '{ "private": true }');
  // Native binaries are in their packages; the only install script would download CUDA.
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  await execute('npm', ['install', ...options, join('..', tarball)], { cwd: user });

  const installed = join(user, 'node_modules/inception-batch');
  const files = await readdir(installed, { recursive: true });
  expect(files.filter((name) => /\.ts$|^(test|events|bench)/.test(name))).toEqual([]);

  await writeTinyModel(join(folder, 'model'));
  await writePhotos(join(folder, 'drop'), 5);
  const command = join(user, 'node_modules/.bin/inception-batch');
  const inceptionBatch = (...args: string[]) => execute(process.execPath, [command, ...args], { cwd: user });
  expect((await inceptionBatch('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const { stdout } = await inceptionBatch('run', '../drop', '--model', '../model', '--store', 'store', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ total: 5, classified: 5 });
  const sql = 'select count(*) as n from results';
  const counted = await inceptionBatch('results', '--store', 'store', '--json', '--sql', sql);
  expect(counted.stdout).toBe('{"n":5}\n');

  const served = await startServeOf(command, ['--store', join(user, 'store')]);
  expect(await (await fetch(served.url)).text()).toContain('<title>Gallery</title>');
  expect(await (await fetch(`${served.url}api/images`)).json()).toMatchObject({ count: 5 });
  expect((await served.stop()).code).toBe(0);
});
