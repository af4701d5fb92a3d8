import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { httpAnswers } from '../support/http-answers.ts';
import { catalogEntry, writeCatalog } from '../support/model-catalog.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type UserWithPhotos, userWithPhotos } from '../support/user-with-photos.ts';

let user: UserWithPhotos;

beforeEach(async () => {
  user = await userWithPhotos();
});

async function listed(): Promise<Record<string, unknown>[]> {
  const { stdout } = await user.command('model', 'list', '--json');
  return JSON.parse(stdout).models;
}

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
    const { stdout, code } = await user.command('model', 'pull', '--out', out, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      { name: 'googlenet', model: expect.stringMatching(/^googlenet@/), labels: 4, directory: out },
    ]);
    expect((await readdir(out)).toSorted()).toEqual(['manifest.json', 'model.onnx']);
    const [ready] = await listed();
    expect(ready).toMatchObject({ name: 'googlenet', state: 'ready', directory: expect.stringContaining(user.cache) });
    expect((await user.command('model', 'pull')).stderr).toBe('');
    expect(user.server.requests).toHaveLength(2);
  });

  it('print a table of at most 80 columns, without a network', async () => {
    const { stdout } = await user.command('model', 'list');
    expect(stdout).toContain('The cache is ');
    for (const line of stdout.split('\n').slice(0, 5)) expect(line.length).toBeLessThanOrEqual(80);
    expect(user.server.requests).toEqual([]);
  });

  it('refuse --out for two models, an unknown name before any download, and a folder of other files', async () => {
    expect(await user.command('model', 'pull', 'googlenet', 'fashion-mnist', '--out', user.store)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'inception-batch: --out takes one model: give one name\n',
    });
    await user.failure(['model', 'pull', 'googlenet', 'nothing']);
    expect(await user.failure(['model', 'pull', '--out', user.photos])).toMatch(/contains other files and no model/);
    expect(user.server.requests).toEqual([]);
  });

  it('report an invalid catalog and a missing home folder in one line', async () => {
    const invalid = { ...user.environment, INCEPTION_CATALOG: await writeCatalog({ x: { kind: 'y' } }) };
    expect(await user.failure(['model', 'list'], invalid)).toMatch(/is not a model catalog: models\.x\.kind/);
    const homeless = { ...user.environment, XDG_CACHE_HOME: '', HOME: 'nowhere' };
    for (const args of [
      ['model', 'list'],
      ['run', user.photos, '--store', user.store],
    ]) {
      expect(await user.failure(args, homeless)).toBe(
        'inception-batch: no home folder for the cache: set XDG_CACHE_HOME to a writable folder',
      );
    }
  });

  it('work without a home folder where no cache is needed', async () => {
    const homeless = { ...user.environment, XDG_CACHE_HOME: '', HOME: 'nowhere' };
    const model = ['--model', 'fashion-mnist'];
    for (const args of [
      ['run', user.photos, '--store', user.store, ...model],
      ['classify', user.photos, ...model],
      ['results', '--store', user.store],
    ]) {
      const { code, stderr } = await runCommand(args, homeless);
      expect(code, stderr).toBe(0);
    }
  });

  it('explain a directory in INCEPTION_MODEL, and a misspelt name there', async () => {
    const directory = { ...user.environment, INCEPTION_MODEL: './net' };
    expect(await user.failure(['model', 'pull'], directory)).toBe(
      'inception-batch: ./net in INCEPTION_MODEL is a directory, which needs no download: give a name, such as ' +
        '"npx inception-batch model pull googlenet"',
    );
    const misspelt = { ...user.environment, INCEPTION_MODEL: 'googlnet' };
    expect(await user.failure(['model', 'pull'], misspelt)).toMatch(
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
