import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openResults } from '../../../results/open/open-results.ts';
import { partsOf } from '../../../results/open/parts.ts';
import { countByStatus } from '../../../results/questions/count-by-status.ts';
import { finishedImages } from '../../../results/questions/finished-images.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { encodeRows } from '../../../shared/rows/parquet.ts';
import { ResultsStore } from '../../../shared/rows/results-store.ts';
import { columns } from '../../../shared/rows/schema.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { folderStoreWith } from '../../support/folder-store-with.ts';
import { classifiedRow, rejectedRow } from '../../support/result-rows.ts';
import { appendTo, opened, query, rowsOf, storeOf } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeParquet } from '../../support/write-parquet.ts';

const { model, preprocess } = classifiedRow('');

describe('openResults', () => {
  it.each(['an empty folder', 'a missing folder'])('gives an empty view of every column for %s', async (name) => {
    const folder = temporaryFolder();
    const path = name === 'an empty folder' ? folder : join(folder, 'none');
    const results = await opened(path);
    expect(results.partCount).toBe(0);
    const described = await rowsOf(results, 'describe results');
    expect(described.map(([name]) => name)).toEqual(Object.keys(columns));
    expect(await rowsOf(results, 'from results')).toEqual([]);
    expect(await countByStatus(results)).toEqual({ classified: 0, rejected: 0, deleted: 0, reasons: [] });
    expect(await finishedImages(results, { model, preprocess })).toEqual(new Map());
  });

  it.each([`it's "quoted"`, 'two  words', 'Ünï 漢字 🐟', 'a[b]c', '*', 'what?', 'date=2020-01-01', '{a,b}', '%20'])(
    'reads a store in a folder called %s, and only that',
    async (name) => {
      const folder = temporaryFolder();
      // Other names that this one matches as a pattern.
      for (const other of ['abc', 'a', 'whats', 'x']) {
        await mkdir(join(folder, other));
        await appendTo(join(folder, other), [[classifiedRow('foreign.jpg')]]);
      }
      await mkdir(join(folder, name));
      await appendTo(join(folder, name), [[classifiedRow('1')], [classifiedRow('1'), classifiedRow('2')]]);
      const source = { kind: 'folder', path: join(folder, name) } as const;
      expect(await query(source, 'select key from results order by key')).toEqual([['1'], ['2']]);
    },
  );

  it('reads thousands of small parts', async () => {
    const path = temporaryFolder();
    const day = join(path, 'results/date=2026-03-01');
    await mkdir(day, { recursive: true });
    for (let index = 0; index < 2100; index += 1) {
      const rows = [rejectedRow(`${index}`), rejectedRow(`${Math.floor(index / 2)}`)];
      await writeFile(join(day, `${index}.parquet`), encodeRows(rows));
    }
    const results = await opened(path);
    expect(results.partCount).toBe(2100);
    expect(await countByStatus(results)).toMatchObject({ rejected: 2100 });
  });

  it('reads older parts that lack a column', async () => {
    const path = await storeOf([classifiedRow('new.jpg')]);
    const old = join(path, 'results', 'old.parquet');
    await writeParquet(
      `select * exclude (detail, provider) replace ('drop/old.jpg@e1' as image_id, 'old.jpg' as key)
       from read_parquet('${path}/results/*/*.parquet')`,
      old,
    );
    expect(await query(path, 'select key, provider from results order by key')).toEqual([
      ['new.jpg', 'cpu'],
      ['old.jpg', null],
    ]);
  });

  it('reads the parts in a folder that is named like a part', async () => {
    const path = await storeOf([classifiedRow('a.jpg')]);
    await mkdir(join(path, 'results/spark.parquet/empty.parquet'), { recursive: true });
    await writeFile(join(path, 'results/spark.parquet/part-0.parquet'), encodeRows([classifiedRow('b.jpg')]));
    expect(await query(path, 'select key from results order by key')).toEqual([['a.jpg'], ['b.jpg']]);
  });

  it('names a link to a folder that is named like a part', async () => {
    const path = await storeOf([classifiedRow('a.jpg')]);
    await symlink(temporaryFolder(), join(path, 'results', 'link.parquet'));
    await expect(query(path, 'select key from results')).rejects.toThrow(
      'link.parquet is a link to a folder: link its files, or move it out of the store',
    );
  });

  it('names a broken link', async () => {
    const path = await storeOf([classifiedRow('a.jpg')]);
    await symlink('/nowhere.parquet', join(path, 'results', 'link.parquet'));
    await expect(openResults({ kind: 'folder', path })).rejects.toThrow(
      'link.parquet is a link to /nowhere.parquet, which does not exist',
    );
  });

  it('leaves no temporary folder behind', async () => {
    const { TMPDIR } = process.env;
    const folder = temporaryFolder();
    process.env['TMPDIR'] = folder;
    onTestFinished(() => {
      if (TMPDIR === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = TMPDIR;
    });
    const results = await openResults({ kind: 'folder', path: join(folder, 'none') });
    expect(await readdir(folder)).toHaveLength(1);
    await results.close();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a store with a bad part', () => {
  const good = encodeRows([classifiedRow('good.jpg')]);
  const other = async (select: string) => {
    const file = join(temporaryFolder(), 'other.parquet');
    await writeParquet(select, file);
    return readFile(file);
  };
  const cases: { readonly name: string; readonly bytes: () => Promise<Uint8Array> }[] = [
    { name: 'no bytes', bytes: async () => new Uint8Array(0) },
    { name: 'text', bytes: async () => Buffer.from('not a parquet file at all, but text') },
    { name: 'half a part', bytes: async () => good.subarray(0, good.length / 2) },
    { name: 'a part with a damaged column', bytes: async () => Buffer.from(good).fill(0xff, 4, 40) },
    { name: 'other columns', bytes: () => other('select 1 as a') },
    {
      name: 'a column of another type',
      bytes: () =>
        other(`select 'i' as image_id, 'm' as model, 'p' as preprocess, 'classified' as status, 'x' as width`),
    },
  ];

  it.each(cases)('names the file with $name', async ({ bytes }) => {
    const path = await storeOf([classifiedRow('a.jpg')]);
    const bad = join(path, 'results', "bad '1'.parquet");
    await writeFile(bad, await bytes());
    const error = await openResults({ kind: 'folder', path }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error).split(bad)).toHaveLength(2);
    expect(String(error)).not.toContain('\n');
    await rm(bad);
    expect(await query(path, 'select key from results')).toEqual([['a.jpg']]);
  });
});

describe('results in a store of objects', () => {
  it('are fetched once, and later only new parts', async () => {
    const bucket = temporaryFolder();
    const cacheFolder = join(temporaryFolder(), 'created', 'when needed');
    const location = { bucket, prefix: "team's/prefix/" };
    const store = new FolderStore();
    const writer = new ResultsStore(store, location);
    await writer.append([classifiedRow('1'), classifiedRow('2')]);
    await writer.append([classifiedRow('2'), rejectedRow('3')]);
    await new ResultsStore(store, { bucket, prefix: 'another' }).append([classifiedRow('foreign')]);

    const read: string[] = [];
    const watched = folderStoreWith({
      read: (address, options) => {
        read.push(address.key);
        return store.read(address, options);
      },
    });
    const source = { kind: 'remote', store: watched, ...location, cacheFolder } as const;
    const keys = 'select key from results order by key';
    expect(await query(source, keys)).toEqual([['1'], ['2'], ['3']]);
    expect(read).toHaveLength(2);
    expect(await query(source, keys)).toEqual([['1'], ['2'], ['3']]);
    expect(read).toHaveLength(2);
    await writer.append([classifiedRow('4')]);
    expect(await query(source, keys)).toEqual([['1'], ['2'], ['3'], ['4']]);
    expect(read).toHaveLength(3);
    const kept = async () => {
      const entries = await readdir(cacheFolder, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    };
    expect((await kept()).every((name) => /^[0-9a-f]{32}\.parquet$/.test(name))).toBe(true);
    expect(await kept()).toHaveLength(3);
    const [part] = await partsOf(source);
    await store.remove(part?.address ?? { bucket, key: '' });
    await query(source, keys);
    expect(await kept()).toHaveLength(3);
    // Copies of removed parts are kept for an hour.
    const fetched = (await part?.fetch().catch(() => undefined)) ?? '';
    expect(fetched).not.toBe('');
    const long = new Date(Date.now() - 2 * 3_600_000);
    await utimes(fetched, long, long);
    await query(source, keys);
    expect(await kept()).toHaveLength(2);
  });

  it('are fetched again if a fetched copy is damaged', async () => {
    const bucket = temporaryFolder();
    const store = new FolderStore();
    await new ResultsStore(store, { bucket, prefix: '' }).append([classifiedRow('1')]);
    const source = { kind: 'remote', store, bucket, prefix: '', cacheFolder: temporaryFolder() } as const;
    const keys = 'select key from results order by key';
    const [part] = await partsOf(source);
    const fetched = (await part?.fetch()) ?? '';
    await truncate(fetched, 100);
    expect(await query(source, keys)).toEqual([['1']]);
  });

  it('name a damaged part by its bucket and key', async () => {
    const bucket = temporaryFolder();
    const store = new FolderStore();
    await store.write({ bucket, key: 'p/results/bad.parquet' }, Buffer.from('text'));
    const cacheFolder = temporaryFolder();
    await expect(openResults({ kind: 'remote', store, bucket, prefix: 'p', cacheFolder })).rejects.toThrow(
      `${bucket}/p/results/bad.parquet is damaged`,
    );
  });
});

it('shows no incomplete part after the writer is killed', async () => {
  const path = temporaryFolder();
  const url = (file: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../..', file)).href);
  const writer = `
    import { FolderStore } from ${url('shared/stores/local/folder-store.ts')};
    import { ResultsStore } from ${url('shared/rows/results-store.ts')};
    import { classifiedRow } from ${url('test/support/result-rows.ts')};
    const store = new ResultsStore(new FolderStore(), { bucket: process.argv[1], prefix: '' });
    const embedding = Float32Array.from({ length: 1024 }, () => Math.random());
    for (let part = 0; ; part += 1) {
      await store.append(Array.from({ length: 100 }, (_, row) => classifiedRow(part + '-' + row, { embedding })));
      console.log(part);
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', writer, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  let durable = 0;
  for await (const _ of createInterface({ input: child.stdout })) {
    durable += 1;
    if (durable === 5) child.kill('SIGKILL');
  }
  await exit;
  expect(child.signalCode).toBe('SIGKILL');
  const results = await opened(path);
  const { classified } = await countByStatus(results);
  expect(classified % 100).toBe(0);
  expect(classified).toBeGreaterThanOrEqual(durable * 100);
});
