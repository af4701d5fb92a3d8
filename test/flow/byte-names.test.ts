import { once } from 'node:events';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { openResults } from '../../results/open/open-results.ts';
import { jsonLines, startInceptionBatch } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { picture } from '../support/photos.ts';
import { commandOutput, failureOf, runCommand } from '../support/run-command.ts';
import { startServe } from '../support/serve.ts';
import { rowsOf } from '../support/stores.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const model = await makeTinyModel();

/** A path in bytes: text, with `\xff` for the byte ff. */
function bytes(path: string): Buffer {
  return Buffer.from(
    path.replaceAll(/\\x(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}

async function writePicture(path: string, index: number): Promise<void> {
  await writeFile(bytes(path), await picture(index).jpeg().toBuffer());
}

const [drop, store] = [join(folder, 'drop'), join(folder, 'store')];
const names = ['a\\xfe.jpg', 'a\\xff.jpg', 'caf\\xe9.jpg', 'ok.jpg'];
await mkdir(drop);
for (const [index, name] of names.entries()) await writePicture(join(drop, name), index);
const run = await runCommand(['run', drop, '--model', model, '--store', store, '--json']);

describe('names that are not UTF-8', () => {
  it('give an image and a row each, which every command finds by its escaped name', async () => {
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ classified: 4, rejected: 0 });
    const again = await runCommand(['run', drop, '--model', model, '--store', store, '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ classifiedBefore: 4, pending: 0 });

    const rows = jsonLines(await commandOutput(['results', '--store', store, '--json']));
    expect(rows.map(({ key, status }) => `${key} ${status}`)).toEqual(names.map((name) => `${name} classified`));
    const csv = await commandOutput([
      'results',
      '--store',
      store,
      '--format',
      'csv',
      '--sql',
      'select key from results',
    ]);
    expect(csv.trim().split('\n').toSorted()).toEqual([...names, 'key'].toSorted());
    const [nearest] = jsonLines(await commandOutput(['similar', 'caf\\xe9.jpg', '--store', store, '--json']));
    expect(nearest).toMatchObject({ bucket: drop });

    await using served = await startServe(['--store', store]);
    const { url } = served;
    const schema = z.object({ images: z.array(z.object({ id: z.string(), key: z.string() })) });
    const { images } = schema.parse(await (await fetch(`${url}api/images`)).json());
    expect(images.map(({ key }) => key).toSorted()).toEqual(names);
    for (const { id } of images) expect((await fetch(`${url}thumbnails/${id}/tile`)).status).toBe(200);
  });
});

describe('a file for the results', () => {
  it.each([[['results']], [['failures', 'export']]])('of %j is not written among the parts', async (command) => {
    const parts = join(store, 'results');
    const link = join(folder, `link-of-${command[0]}`);
    await symlink(parts, link);
    for (const out of [join(parts, 'all.parquet'), join(link, 'all.parquet')]) {
      expect(await failureOf([...command, '--store', store, '--out', out])).toBe(
        `${out} is inside ${parts}, where the store keeps its own files: give another path`,
      );
    }
  });

  it('is not protected for spreadsheets in another format than CSV', async () => {
    const args = ['results', '--store', store, '--spreadsheet-safe'];
    expect(await failureOf([...args, '--json'], 2)).toBe('--spreadsheet-safe is for CSV: give --format csv');
    expect(await commandOutput([...args, '--format', 'csv', '--sql', "select '=1' as n"])).toBe("n\n'=1\n");
  });
});

describe('control characters in a name', () => {
  it('are escaped in an error and in JSON, which stays equal', async () => {
    const name = 'gone\u202egpj\u009b2J\u007f';
    expect(await failureOf(['run', name, '--model', model])).toBe('no such folder: gone\\u202egpj\\u009b2J\\u007f');
    const drop = join(folder, name);
    await mkdir(drop);
    await writePicture(join(folder, 'one.jpg'), 1);
    await rename(join(folder, 'one.jpg'), join(drop, 'one.jpg'));
    const { stdout } = await runCommand(['run', drop, '--model', model, '--store', join(folder, 'named'), '--json']);
    expect(stdout).not.toMatch(/[\u007f-\u009f\u202e]/);
    expect(JSON.parse(stdout)).toMatchObject({ job: 'gone\u202egpj_2J_', classified: 1 });
  });
});

describe('watch', () => {
  const statuses = async (store: string) => {
    const results = await openResults({ kind: 'folder', path: store });
    const rows = rowsOf(results, 'select key, status from results').finally(() => results.close());
    return Object.fromEntries((await rows).map(([key, status]) => [String(key), String(status)]));
  };

  it('gives rows to names that are not UTF-8 and to broken links, as run does', async () => {
    const [drop, store] = [join(folder, 'watched'), join(folder, 'its-store')];
    await mkdir(drop);
    await writePicture(join(drop, 'a\\xff.jpg'), 1);
    await symlink('nowhere.jpg', join(drop, 'broken.jpg'));
    const watching = startInceptionBatch(['watch', drop, '--model', model, '--store', store]);
    onTestFinished(() => {
      watching.kill('SIGKILL');
    });
    const exited = once(watching, 'exit');
    const expectStatuses = (expected: object) =>
      eventually(async () => expect(await statuses(store)).toEqual(expected), { interval: 100 });
    const first = { 'a\\xff.jpg': 'classified', 'broken.jpg': 'rejected' };
    await expectStatuses(first);

    await mkdir(bytes(join(drop, 'caf\\xe9')));
    await writePicture(join(drop, 'caf\\xe9/in.jpg'), 2);
    await mkdir(join(drop, 'sub'));
    await symlink('nowhere.jpg', join(drop, 'sub/later.jpg'));
    await expectStatuses({ ...first, 'caf\\xe9/in.jpg': 'classified', 'sub/later.jpg': 'rejected' });

    await writePicture(join(drop, 'caf\\xe9/two\\xfe.jpg'), 3);
    await rm(bytes(join(drop, 'a\\xff.jpg')));
    await writePicture(join(drop, 'sub/nowhere.jpg'), 4); // the link has a target now
    await expectStatuses({
      'a\\xff.jpg': 'deleted',
      'broken.jpg': 'rejected',
      'caf\\xe9/in.jpg': 'classified',
      'caf\\xe9/two\\xfe.jpg': 'classified',
      'sub/later.jpg': 'classified',
      'sub/nowhere.jpg': 'classified',
    });
    watching.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
  });
});
