import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetMetadataAsync } from 'hyparquet';
import { asyncBufferFromFile } from 'hyparquet/src/node.js';
import { describe, expect, it } from 'vitest';
import { jsonLines } from '../support/cli.ts';
import { classifiedRow, deletedRow, rejectedRow } from '../support/result-rows.ts';
import { commandOutput, failureOf, runCommand } from '../support/run-command.ts';
import { storeOf } from '../support/stores.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const goldfish = { label: 'goldfish, Carassius auratus', label_id: 'n01443537' };
const store = await storeOf([
  classifiedRow('1.jpg', { job: 'a' }),
  classifiedRow('2.jpg', { job: 'a', ...goldfish, probability: 0.9 }),
  classifiedRow('3.jpg', { job: 'b', ...goldfish }),
  rejectedRow('4.jpg', { job: 'b' }),
  rejectedRow('5.jpg', { job: 'b' }),
  deletedRow('5.jpg'),
]);

async function keysOf(...args: string[]): Promise<unknown[]> {
  return jsonLines(await commandOutput(['results', '--json', '--store', store, ...args])).map(({ key }) => key);
}

describe('results', () => {
  it.each([
    [
      ['--limit', '2'],
      ['1.jpg', '2.jpg'],
    ],
    [
      ['--label', 'Goldfish'],
      ['2.jpg', '3.jpg'],
    ],
    [['--label', 'carassius auratus', '--job', 'b'], ['3.jpg']],
    [['--label', 'n01443537', '--limit', '1'], ['2.jpg']],
    [['--min-probability', '0.8'], ['2.jpg']],
    [['--status', 'rejected'], ['4.jpg']],
    [['--status', 'deleted'], ['5.jpg']],
    [
      ['--deleted', '--job', 'b'],
      ['3.jpg', '4.jpg', '5.jpg'],
    ],
  ])('prints the rows that match %j', async (args, keys) => {
    expect(await keysOf(...args)).toEqual(keys);
  });

  it.each([
    ['--job', 'a'],
    ['--label', 'x'],
    ['--min-probability', '0.5'],
    ['--status', 'rejected'],
    ['--model', 'x'],
    ['--limit', '1'],
    ['--deleted'],
    ['--regions'],
  ])('rejects --sql with %s, which would be ignored', async (...option) => {
    const { code, stderr } = await runCommand(['results', '--store', store, '--sql', 'select 1', ...option]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(new RegExp(`option '${option[0]}`));
  });

  it.each(['2', '-1', '50%', '', '.'])('rejects %j as a probability', async (value) => {
    const { code, stderr } = await runCommand(['results', '--store', store, '--min-probability', value]);
    expect(code).toBe(2);
    expect(stderr).toContain('Give a number from 0 to 1 such as 0.9.');
  });

  it('names the statuses for another one', async () => {
    const { code, stderr } = await runCommand(['results', '--store', store, '--status', 'failed']);
    expect(code).not.toBe(0);
    expect(stderr).toContain('Allowed choices are classified, rejected, deleted.');
  });
});

describe('a file of results', () => {
  it.each([
    ['results.csv', 'results', 4],
    ['results.jsonl', 'results', 4],
    ['results.parquet', 'results', 4],
    ['failures.csv', 'failures', 1],
    ['failures.parquet', 'failures', 1],
  ])('%s is reported on stderr with its rows and bytes', async (name, command, rows) => {
    const path = join(temporaryFolder(), name);
    const words = command === 'results' ? ['results'] : ['failures', 'export'];
    const { code, stdout, stderr } = await runCommand([...words, '--store', store, '--out', path]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^${rows} rows? written to ${path} \\((\\d+ bytes|\\d+\\.\\d kB)\\)\\n$`));
  });

  it.each([[['results']], [['failures', 'export']]])('of %j is not replaced without --overwrite', async (words) => {
    const path = join(temporaryFolder(), 'out.csv');
    await writeFile(path, 'mine');
    const args = [...words, '--store', store, '--out', path];
    expect(await failureOf(args)).toBe(`${path} exists: give --overwrite to replace it, or another path`);
    expect(await readFile(path, 'utf8')).toBe('mine');
    expect((await runCommand([...args, '--overwrite'])).code).toBe(0);
    expect(await readFile(path, 'utf8')).toMatch(/^image_id,/);
    expect(await readdir(join(path, '..'))).toEqual(['out.csv']);
  });

  it.each([[['results']], [['failures', 'export']]])('named - by %j is stdout', async (words) => {
    const written = await commandOutput([...words, '--store', store, '--format', 'csv', '--out', '-']);
    expect(written).toBe(await commandOutput([...words, '--store', store, '--format', 'csv']));
    const line = await failureOf([...words, '--store', store, '--format', 'csv', '--overwrite'], 2);
    expect(line).toBe('--overwrite is for a file: give --out <file>');
  });

  it.each([
    ['', 2, '--out is empty: give the path of a file'],
    ['out', 2, 'out does not end in .jsonl, .csv or .parquet: give such a name, or --format'],
    ['photo.jpg', 2, 'photo.jpg does not end in .jsonl, .csv or .parquet: it exists, so give another path'],
    ['folder', 1, 'folder is a folder: give the path of a file'],
    ['pipe', 1, 'pipe is a pipe or a device: omit --out to write to stdout'],
    ['folder.csv', 1, 'folder.csv is a folder: give the path of a file'],
  ] as const)('named %j is an error that says what to give', async (name, code, line) => {
    const cwd = temporaryFolder();
    await mkdir(join(cwd, 'folder'));
    await mkdir(join(cwd, 'folder.csv'));
    await writeFile(join(cwd, 'photo.jpg'), 'mine');
    execFileSync('mkfifo', [join(cwd, 'pipe')]);
    for (const words of [['results'], ['failures', 'export']]) {
      const args = [...words, '--store', store, '--out', name && join(cwd, name)];
      expect((await failureOf(args, code)).replace(`${cwd}/`, '')).toBe(line);
    }
  });

  it('of --json is the same as of --format jsonl, and it excludes other formats', async () => {
    for (const words of [['results'], ['failures', 'export']]) {
      const args = [...words, '--store', store];
      expect(await commandOutput([...args, '--json'])).toBe(await commandOutput([...args, '--format', 'jsonl']));
      expect(await failureOf([...args, '--out', 'o.csv', '--format', 'csv', '--json'], 2)).toBe(
        '--json means --format jsonl: remove it, or --format csv',
      );
    }
  });

  it('has embeddings only with --embeddings, as lists of float', async () => {
    const columnsOf = async (...args: string[]) => {
      const path = join(temporaryFolder(), 'out.parquet');
      await commandOutput(['results', '--store', store, '--out', path, ...args]);
      const { schema } = await parquetMetadataAsync(await asyncBufferFromFile(path));
      return schema.map(({ name, type }) => `${name} ${type}`);
    };
    expect(await columnsOf()).not.toContain('embedding undefined');
    const names = await columnsOf('--embeddings');
    expect(names.slice(names.indexOf('embedding undefined'), names.indexOf('embedding undefined') + 3)).toEqual([
      'embedding undefined',
      'list undefined',
      'element FLOAT',
    ]);
  });
});

it.each([
  ['results', (key: string) => rejectedRow(key)],
  ['results', (key: string) => classifiedRow(key)],
  ['failures ls', (key: string) => rejectedRow(key)],
])('%s in a pipe prints complete keys, which tell images apart', async (words, rowOf) => {
  const keys = Array.from({ length: 9 }, (_, index) => `2026/${'a-long-name/'.repeat(9)}${index}/in-norway.jpg`);
  const deep = await storeOf(keys.map((key) => rowOf(key)));
  const printed = await commandOutput([...words.split(' '), '--store', deep]);
  for (const key of keys) expect(printed).toContain(key);
});

it('results relabel needs a model once it has found the store', async () => {
  const line = await failureOf(['results', 'relabel', '--store', store], 2);
  expect(line).toBe("required option '--model <name>' not specified (--help shows the options)");
});
