import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { inceptionBatch, launcher, startInceptionBatch } from '../support/cli.ts';
import { httpAnswers } from '../support/http-answers.ts';
import { catalogEntry, publishedFiles, writeCatalog } from '../support/model-catalog.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { type UserWithPhotos, userWithPhotos } from '../support/user-with-photos.ts';

const execute = promisify(execFile);

let user: UserWithPhotos;

beforeEach(async () => {
  user = await userWithPhotos();
});

describe('a folder of photos and no other option', () => {
  it('is classified: the model is downloaded with progress, and never again', async () => {
    const first = await user.command('run', user.photos, '--store', user.store);
    expect(first.code).toBe(0);
    expect(first.stderr).toMatch(/^googlenet: .* MB\n(.*\n)*importing net\.onnx…\noptimizing googlenet…\n/);
    expect(user.server.requests).toHaveLength(2);
    const second = await user.command('run', user.photos, '--store', `${user.store}-2`, '--json');
    expect(JSON.parse(second.stdout)).toMatchObject({ classified: 3, model: expect.stringMatching(/^googlenet@/) });
    expect(second.stderr).toBe('');
    expect(user.server.requests).toHaveLength(2);
  });

  it('is classified by the model of INCEPTION_MODEL, a directory or a name', async () => {
    const directory = join(temporaryFolder(), 'tiny');
    const { name } = await writeTinyModel(directory);
    for (const [choice, model] of [
      [directory, `${name}@`],
      ['fashion-mnist', 'fashion-mnist@'],
      ['', 'googlenet@'],
    ]) {
      const environment = { ...user.environment, INCEPTION_MODEL: choice };
      const { stdout } = await runCommand(
        ['run', user.photos, '--store', `${user.store}-${model}`, '--json'],
        environment,
      );
      expect(JSON.parse(stdout).model).toMatch(new RegExp(`^${model}`));
    }
  });

  it('is classified by two processes at once with one download', async () => {
    const run = (name: string) =>
      inceptionBatch(['run', user.photos, '--store', `${user.store}-${name}`, '--json'], user.environment);
    const [one, two] = await Promise.all([run('a'), run('b')]);
    expect([one.code, two.code], one.stderr + two.stderr).toEqual([0, 0]);
    expect(JSON.parse(one.stdout).model).toBe(JSON.parse(two.stdout).model);
    expect(user.server.requests).toHaveLength(2);
    expect((await readdir(join(user.cache, 'models'))).map((name) => name.replace(/-.*/, ''))).toEqual(['googlenet']);
  });
});

describe('a process that is killed during the download', () => {
  it('leaves neither a lock nor half a model: the next one goes on', async () => {
    const { network, labels } = publishedFiles;
    const asked = Promise.withResolvers<void>();
    let isSlow = true;
    const url = await httpAnswers(({ url: path }, _, response) => {
      const body = path === '/net.onnx' ? network : labels;
      if (!isSlow || path !== '/net.onnx') response.end(body);
      else response.setHeader('content-length', body.length).write(body.subarray(0, 1000), () => asked.resolve());
    });
    const environment = {
      ...user.environment,
      INCEPTION_CATALOG: await writeCatalog({ googlenet: catalogEntry(url) }),
    };
    const killed = startInceptionBatch(['model', 'pull'], environment);
    await asked.promise;
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const models = join(user.cache, 'models');
    expect(await readdir(models)).toContainEqual(expect.stringMatching(/\.lock$/));
    isSlow = false;
    const { code, stderr } = await runCommand(['model', 'pull'], environment);
    expect(code, stderr).toBe(0);
    expect(await readdir(models)).toEqual([expect.stringMatching(/^googlenet-[0-9a-f]{12}$/)]);
  });
});

describe('a model by name', () => {
  it('that is unknown is answered with the nearest name and all names', async () => {
    const hint =
      'give one of googlenet, googlenet-int8, nsfwjs-inception-v3, nsfwjs-mobilenet-v2, nsfwjs-mobilenet-v2-mid, fashion-mnist, or a model directory';
    for (const args of [
      ['run', user.photos, '--store', user.store],
      ['watch', user.photos, '--store', user.store],
      ['model', 'pull'],
      ['model', 'inspect'],
      ['model', 'verify'],
    ]) {
      const named = args[0] === 'model' ? ['fasion-mnist'] : ['--model', 'fasion-mnist'];
      expect(await user.failure([...args, ...named])).toBe(
        `inception-batch: unknown model fasion-mnist (did you mean fashion-mnist?): ${hint}`,
      );
    }
    expect(user.server.requests).toEqual([]);
  });

  it('is not hidden by a folder of images with the same name, and a path is a directory', async () => {
    const folder = join(user.photos, '..');
    await mkdir(join(folder, 'fashion-mnist'));
    const args = [launcher, 'run', 'photos', '--model', 'fashion-mnist', '--store', user.store, '--json'];
    const { stdout } = await execute(process.execPath, args, {
      cwd: folder,
      env: { ...process.env, ...user.environment },
    });
    expect(JSON.parse(stdout).model).toMatch(/^fashion-mnist@/);
    expect(await user.failure(['run', user.photos, '--model', './fashion-mnist', '--store', user.store])).toMatch(
      /^inception-batch: no model in \.\/fashion-mnist: /,
    );
  });

  it('that is the name of a folder without a model is answered with what is missing there', async () => {
    const folder = join(user.photos, '..');
    const args = [launcher, 'model', 'verify', 'photos'];
    const failed: unknown = await execute(process.execPath, args, {
      cwd: folder,
      env: { ...process.env, ...user.environment },
    }).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      stderr: expect.stringMatching(/^[^\n]*no model in photos: manifest\.json is missing.*\n$/),
    });
  });

  it('is not taken from a bucket or a file, with what to do', async () => {
    expect(await user.failure(['run', user.photos, '--model', 's3://models/googlenet', '--store', user.store])).toBe(
      'inception-batch: s3://models/googlenet is not on this machine: copy the model to a folder with "aws s3 cp --recursive" first',
    );
    const file = join(user.photos, '../net.onnx');
    await writeFile(file, 'x');
    expect(await user.failure(['run', user.photos, '--model', file, '--store', user.store])).toBe(
      `inception-batch: ${file} is a file: give a model directory; "npx inception-batch help model import" shows how to make one`,
    );
  });

  it('that INCEPTION_MODEL names and nobody knows is reported with the variable', async () => {
    const environment = { ...user.environment, INCEPTION_MODEL: 'fashion' };
    expect(await user.failure(['run', user.photos, '--store', user.store], environment)).toBe(
      'inception-batch: unknown model fashion in INCEPTION_MODEL (did you mean fashion-mnist?): give one of googlenet, ' +
        'googlenet-int8, nsfwjs-inception-v3, nsfwjs-mobilenet-v2, nsfwjs-mobilenet-v2-mid, fashion-mnist, or a model directory',
    );
  });

  it('is not downloaded if the folder of images is missing', async () => {
    await user.failure(['run', join(user.photos, 'none'), '--store', user.store]);
    expect(user.server.requests).toEqual([]);
  });

  it('can be inspected, verified and optimized', async () => {
    const { stdout } = await user.command('model', 'inspect', 'googlenet', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ manifest: { id: expect.stringMatching(/^googlenet@/) } });
    expect((await user.command('model', 'verify', 'googlenet', '--against', 'googlenet')).code).toBe(0);
    const out = join(temporaryFolder(), 'fast');
    expect((await user.command('model', 'optimize', 'googlenet', '--out', out)).code).toBe(0);
    expect(user.server.requests).toHaveLength(2);
  });

  it('of the results is used for a file without --model, if it is on this machine', async () => {
    await user.command('run', user.photos, '--store', user.store);
    const [name = ''] = await readdir(user.photos);
    const copy = join(temporaryFolder(), 'copy.jpg');
    await writeFile(copy, await readFile(join(user.photos, name)));
    const { stdout, stderr } = await user.command('similar', copy, '--store', user.store, '--json');
    expect(JSON.parse(stdout.split('\n', 1)[0] ?? ''), stderr).toMatchObject({ key: name });
    const elsewhere = { ...user.environment, XDG_CACHE_HOME: temporaryFolder() };
    expect(await user.failure(['similar', copy, '--store', user.store], elsewhere)).toMatch(
      /copy\.jpg is not in the results: give --model with the name or directory of googlenet@/,
    );
  });
});
