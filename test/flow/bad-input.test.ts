import { execFileSync } from 'node:child_process';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonLines } from '../support/cli.ts';
import { hugePng } from '../support/huge-png.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { picture, writePhotos } from '../support/photos.ts';
import { failureOf, runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = temporaryFolder();
const model = await makeTinyModel();
const drop = join(folder, 'drop');
const store = join(folder, 'store');

/** Bad files among good photos, and the reason of each rejection. */
const bad: Readonly<Record<string, string>> = {
  'text.jpg': 'not_an_image',
  'empty.jpg': 'empty',
  'truncated.jpg': 'truncated',
  'huge.png': 'too_many_pixels',
  'drawing.svg': 'unsupported_format',
  'broken-link.jpg': 'object_gone',
  'pipe.jpg': 'unreadable',
};

await writePhotos(drop, 50);
const jpeg = await picture(1, { width: 400, height: 300 }).jpeg().toBuffer();
await writeFile(join(drop, 'text.jpg'), 'not a picture\n');
await writeFile(join(drop, 'empty.jpg'), '');
await writeFile(join(drop, 'truncated.jpg'), jpeg);
await truncate(join(drop, 'truncated.jpg'), jpeg.length >> 1);
await writeFile(join(drop, 'huge.png'), hugePng(30_000, 30_000));
await writeFile(join(drop, 'drawing.svg'), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
await symlink('nowhere.jpg', join(drop, 'broken-link.jpg'));
execFileSync('mkfifo', [join(drop, 'pipe.jpg')]);
await writeFile(join(drop, '.hidden.jpg'), 'skipped');

const results = async () => jsonLines((await runCommand(['results', '--store', store, '--format', 'jsonl'])).stdout);

describe('a folder of good photos and bad files', () => {
  it('classifies every good photo and rejects each bad file with its reason', async () => {
    const { code, stdout, stderr } = await runCommand(['run', drop, '--model', model, '--store', store, '--json']);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ total: 57, classified: 50, rejected: 7, pending: 0 });
    expect(code).toBe(0);
    const rows = await results();
    expect(rows.filter(({ status }) => status === 'classified').map(({ key }) => key)).toHaveLength(50);
    const rejected = rows.filter(({ status }) => status === 'rejected').map(({ key, reason }) => [key, reason]);
    expect(Object.fromEntries(rejected)).toEqual(bad);
    for (const { detail, status } of rows) {
      if (status === 'rejected') expect(detail).toMatch(/^[^\n]{5,200}$/);
    }
  });

  it('retries only files that could not be read or exceeded a limit', async () => {
    const { stdout } = await runCommand(['run', drop, '--model', model, '--store', store, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ total: 57, done: 54, classified: 0, rejected: 3 });
    expect(await results()).toHaveLength(57);
  });
});

describe('unusable input', () => {
  const cases: [string, () => Promise<string[]>, RegExp][] = [
    [
      'an empty folder',
      async () => {
        await mkdir(join(folder, 'nothing'), { recursive: true });
        return ['run', join(folder, 'nothing'), '--model', model];
      },
      /^no files to classify in .*nothing$/,
    ],
    ['a missing folder', async () => ['run', join(folder, 'absent'), '--model', model], /^no such folder: .*absent$/],
    [
      'a file instead of a folder',
      async () => ['run', join(drop, 'text.jpg'), '--model', model],
      /text\.jpg is a file: .*classify/,
    ],
    [
      'a model folder without a manifest',
      async () => ['run', drop, '--model', drop],
      /^no model in .*: manifest\.json is missing/,
    ],
    [
      'a model whose network was changed',
      async () => {
        await writeTinyModel(join(folder, 'changed'));
        await writeFile(join(folder, 'changed/model.onnx'), 'something else');
        return ['run', drop, '--model', join(folder, 'changed')];
      },
      /^the digest of .*model\.onnx is .* import the model again$/,
    ],
  ];
  it.each(cases)('%s: one line, exit code 1', async (_, args, line) => {
    expect(await failureOf([...(await args()), '--store', join(folder, 'unused')])).toMatch(line);
  });

  it('an unknown kind of location: one line, exit code 2', async () => {
    const args = ['run', 'gs://drop', '--model', model, '--store', join(folder, 'unused')];
    expect(await failureOf(args, 2)).toMatch(/ is not a location: give a folder or s3:/);
  });

  it('a folder without images: rejected rows, exit code 1', async () => {
    const texts = join(folder, 'texts');
    await mkdir(texts);
    await writeFile(join(texts, 'a.txt'), 'hello');
    const args = ['run', texts, '--model', model, '--store', join(folder, 's2'), '--json'];
    const { code, stdout } = await runCommand(args);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ total: 1, rejected: 1, reasons: { not_an_image: 1 } });
    expect((await runCommand(args)).code).toBe(1);
  });

  it('a store that cannot be written: one line, exit code 1', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await failureOf(['run', drop, '--model', model, '--store', join(folder, 'file')])).toMatch(/file/);
  });

  it.each([['run'], ['run', 'x', '--crops', '7'], ['frobnicate']])(
    'an invalid command line (%s ...): exit code 2',
    async (...args) => {
      expect(await failureOf(args, 2)).toMatch(/--help shows the options\)$/);
    },
  );
});
