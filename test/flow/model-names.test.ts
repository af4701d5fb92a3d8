import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { inceptionBatch, launcher, startInceptionBatch } from '../support/cli.ts';
import { httpAnswers } from '../support/http-answers.ts';
import { catalogEntry, publishedFiles, userWithCatalog, writeCatalog } from '../support/model-catalog.ts';
import { writePhotos } from '../support/photos.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const execute = promisify(execFile);

let user: Awaited<ReturnType<typeof userWithCatalog>>;
let photos: string;
let store: string;

beforeEach(async () => {
  user = await userWithCatalog();
  photos = join(temporaryFolder(), 'photos');
  store = join(temporaryFolder(), 'store');
  await writePhotos(photos, 3);
});

const command = (...args: string[]) => runCommand(args, user.environment);

/** The only line of a command that fails. */
async function failure(args: readonly string[], environment: NodeJS.ProcessEnv = user.environment): Promise<string> {
  const { code, stdout, stderr } = await runCommand(args, environment);
  expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^[^\n]+\n$/);
  return stderr.trimEnd();
}

async function listed(): Promise<Record<string, unknown>[]> {
  const { stdout } = await command('model', 'list', '--json');
  return JSON.parse(stdout).models;
}

describe('a folder of photos and no other option', () => {
  it('is classified: the model is downloaded with progress, and never again', async () => {
    const first = await command('run', photos, '--store', store);
    expect(first.code).toBe(0);
    expect(first.stderr).toMatch(/^googlenet: .* MB\n(.*\n)*importing net\.onnx…\noptimizing googlenet…\n/);
    expect(user.server.requests).toHaveLength(2);
    const second = await command('run', photos, '--store', `${store}-2`, '--json');
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
      const { stdout } = await runCommand(['run', photos, '--store', `${store}-${model}`, '--json'], environment);
      expect(JSON.parse(stdout).model).toMatch(new RegExp(`^${model}`));
    }
  });

  it('is classified by two processes at once with one download', async () => {
    const run = (name: string) =>
      inceptionBatch(['run', photos, '--store', `${store}-${name}`, '--json'], user.environment);
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
      ['run', photos, '--store', store],
      ['watch', photos, '--store', store],
      ['model', 'pull'],
      ['model', 'inspect'],
      ['model', 'verify'],
    ]) {
      const named = args[0] === 'model' ? ['fasion-mnist'] : ['--model', 'fasion-mnist'];
      expect(await failure([...args, ...named])).toBe(
        `inception-batch: unknown model fasion-mnist (did you mean fashion-mnist?): ${hint}`,
      );
    }
    expect(user.server.requests).toEqual([]);
  });

  it('is not hidden by a folder of images with the same name, and a path is a directory', async () => {
    const folder = join(photos, '..');
    await mkdir(join(folder, 'fashion-mnist'));
    const args = [launcher, 'run', 'photos', '--model', 'fashion-mnist', '--store', store, '--json'];
    const { stdout } = await execute(process.execPath, args, {
      cwd: folder,
      env: { ...process.env, ...user.environment },
    });
    expect(JSON.parse(stdout).model).toMatch(/^fashion-mnist@/);
    expect(await failure(['run', photos, '--model', './fashion-mnist', '--store', store])).toMatch(
      /^inception-batch: no model in \.\/fashion-mnist: /,
    );
  });

  it('that is the name of a folder without a model is answered with what is missing there', async () => {
    const folder = join(photos, '..');
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
    expect(await failure(['run', photos, '--model', 's3://models/googlenet', '--store', store])).toBe(
      'inception-batch: s3://models/googlenet is not on this machine: copy the model to a folder with "aws s3 cp --recursive" first',
    );
    const file = join(photos, '../net.onnx');
    await writeFile(file, 'x');
    expect(await failure(['run', photos, '--model', file, '--store', store])).toBe(
      `inception-batch: ${file} is a file: give a model directory; "npx inception-batch help model import" shows how to make one`,
    );
  });

  it('that INCEPTION_MODEL names and nobody knows is reported with the variable', async () => {
    const environment = { ...user.environment, INCEPTION_MODEL: 'fashion' };
    expect(await failure(['run', photos, '--store', store], environment)).toBe(
      'inception-batch: unknown model fashion in INCEPTION_MODEL (did you mean fashion-mnist?): give one of googlenet, ' +
        'googlenet-int8, nsfwjs-inception-v3, nsfwjs-mobilenet-v2, nsfwjs-mobilenet-v2-mid, fashion-mnist, or a model directory',
    );
  });

  it('is not downloaded if the folder of images is missing', async () => {
    await failure(['run', join(photos, 'none'), '--store', store]);
    expect(user.server.requests).toEqual([]);
  });

  it('can be inspected, verified and optimized', async () => {
    const { stdout } = await command('model', 'inspect', 'googlenet', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ manifest: { id: expect.stringMatching(/^googlenet@/) } });
    expect((await command('model', 'verify', 'googlenet', '--against', 'googlenet')).code).toBe(0);
    const out = join(temporaryFolder(), 'fast');
    expect((await command('model', 'optimize', 'googlenet', '--out', out)).code).toBe(0);
    expect(user.server.requests).toHaveLength(2);
  });

  it('of the results is used for a file without --model, if it is on this machine', async () => {
    await command('run', photos, '--store', store);
    const [name = ''] = await readdir(photos);
    const copy = join(temporaryFolder(), 'copy.jpg');
    await writeFile(copy, await readFile(join(photos, name)));
    const { stdout, stderr } = await command('similar', copy, '--store', store, '--json');
    expect(JSON.parse(stdout.split('\n', 1)[0] ?? ''), stderr).toMatchObject({ key: name });
    const elsewhere = { ...user.environment, XDG_CACHE_HOME: temporaryFolder() };
    expect(await failure(['similar', copy, '--store', store], elsewhere)).toMatch(
      /copy\.jpg is not in the results: give --model with the name or directory of googlenet@/,
    );
  });
});

describe('model pull and model list', () => {
  it('make a model ready, copy its directory, and state what is in the cache', async () => {
    expect((await listed()).map(({ name, state }) => [name, state])).toEqual([
      ['googlenet', 'missing'],
      ['googlenet-int8', 'missing'],
      ['nsfwjs-inception-v3', 'missing'],
      ['nsfwjs-mobilenet-v2', 'missing'],
      ['nsfwjs-mobilenet-v2-mid', 'missing'],
      ['fashion-mnist', 'ready'],
    ]);
    const out = join(temporaryFolder(), 'model');
    const { stdout, code } = await command('model', 'pull', '--out', out, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      { name: 'googlenet', model: expect.stringMatching(/^googlenet@/), labels: 4, directory: out },
    ]);
    expect((await readdir(out)).toSorted()).toEqual(['manifest.json', 'model.onnx']);
    const [ready] = await listed();
    expect(ready).toMatchObject({ name: 'googlenet', state: 'ready', directory: expect.stringContaining(user.cache) });
    expect((await command('model', 'pull')).stderr).toBe('');
    expect(user.server.requests).toHaveLength(2);
  });

  it('print a table of at most 80 columns, without a network', async () => {
    const { stdout } = await command('model', 'list');
    expect(stdout).toContain('The cache is ');
    for (const line of stdout.split('\n').slice(0, 5)) expect(line.length).toBeLessThanOrEqual(80);
    expect(user.server.requests).toEqual([]);
  });

  it('refuse --out for two models, an unknown name before any download, and a folder of other files', async () => {
    expect(await command('model', 'pull', 'googlenet', 'fashion-mnist', '--out', store)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'inception-batch: --out takes one model: give one name\n',
    });
    await failure(['model', 'pull', 'googlenet', 'nothing']);
    expect(await failure(['model', 'pull', '--out', photos])).toMatch(/contains other files and no model/);
    expect(user.server.requests).toEqual([]);
  });

  it('report an invalid catalog and a missing home folder in one line', async () => {
    const invalid = { ...user.environment, INCEPTION_CATALOG: await writeCatalog({ x: { kind: 'y' } }) };
    expect(await failure(['model', 'list'], invalid)).toMatch(/is not a model catalog: models\.x\.kind/);
    const homeless = { ...user.environment, XDG_CACHE_HOME: '', HOME: 'nowhere' };
    for (const args of [
      ['model', 'list'],
      ['run', photos, '--store', store],
    ]) {
      expect(await failure(args, homeless)).toBe(
        'inception-batch: no home folder for the cache: set XDG_CACHE_HOME to a writable folder',
      );
    }
  });

  it('work without a home folder where no cache is needed', async () => {
    const homeless = { ...user.environment, XDG_CACHE_HOME: '', HOME: 'nowhere' };
    const model = ['--model', 'fashion-mnist'];
    for (const args of [
      ['run', photos, '--store', store, ...model],
      ['classify', photos, ...model],
      ['results', '--store', store],
    ]) {
      const { code, stderr } = await runCommand(args, homeless);
      expect(code, stderr).toBe(0);
    }
  });

  it('explain a directory in INCEPTION_MODEL, and a misspelt name there', async () => {
    const directory = { ...user.environment, INCEPTION_MODEL: './net' };
    expect(await failure(['model', 'pull'], directory)).toBe(
      'inception-batch: ./net in INCEPTION_MODEL is a directory, which needs no download: give a name, such as ' +
        '"npx inception-batch model pull googlenet"',
    );
    const misspelt = { ...user.environment, INCEPTION_MODEL: 'googlnet' };
    expect(await failure(['model', 'pull'], misspelt)).toMatch(
      /unknown model googlnet in INCEPTION_MODEL \(did you mean googlenet\?\)/,
    );
  });

  it('use the kept copy of a catalog without a network, and state that one was never read', async () => {
    const catalog = Buffer.from(
      JSON.stringify({ formatVersion: 1, models: { googlenet: catalogEntry(user.server.url) } }),
    );
    let isOnline = true;
    const url = await httpAnswers((_, __, response) => (isOnline ? response.end(catalog) : response.destroy()));
    const environment = { ...user.environment, INCEPTION_CATALOG: `${url}/models.json` };
    const unread = await runCommand(['model', 'list'], environment);
    expect(unread).toMatchObject({ code: 0, stdout: expect.stringContaining('fashion-mnist') });
    expect(unread.stderr).toMatch(
      /^warning: INCEPTION_CATALOG .*models\.json has not been read yet: its models are missing; "npx inception-batch model pull <name>" reads it\n$/,
    );
    expect((await runCommand(['model', 'pull'], environment)).code).toBe(0);
    isOnline = false;
    const offline = await runCommand(['model', 'pull'], environment);
    expect(offline.code, offline.stderr).toBe(0);
    expect(offline.stderr).toMatch(
      /^warning: INCEPTION_CATALOG .* cannot be read: .*; using the copy that was read last\n$/,
    );
    expect((await runCommand(['model', 'list'], environment)).stderr).toBe('');
  });
});
