import { copyFile, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '@duckdb/node-api';
import { parquetReadObjects } from 'hyparquet';
import { asyncBufferFromFile } from 'hyparquet/src/node.js';
import { describe, expect, it } from 'vitest';
import { partsOf } from '../../../results/open/parts.ts';
import { ResultsChanged } from '../../../results/open/results-changed.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { partMetadata } from '../../../shared/rows/file-metadata.ts';
import { encodeRows } from '../../../shared/rows/parquet.ts';
import { ResultsStore } from '../../../shared/rows/results-store.ts';
import { generationOf } from '../../../shared/stores/keys.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import type { ObjectStore } from '../../../shared/stores/ports.ts';
import { compactStore } from '../../support/compact-store.ts';
import { folderStoreWith } from '../../support/folder-store-with.ts';
import { classifiedRow, deletedRow, rejectedRow } from '../../support/result-rows.ts';
import { appendTo, query, storeOf } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const everything = 'select * from results order by all';

/** Queries a store while it is compacted. */
async function queryDuringCompaction(path: string): Promise<Json[][]> {
  try {
    return await query(path, 'select count(*)::int from results');
  } catch (error) {
    if (error instanceof ResultsChanged) return queryDuringCompaction(path);
    throw error;
  }
}

const keysIn = async (path: string) => (await partsOf({ kind: 'folder', path })).map(({ address }) => address.key);

const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute));

describe('a compacted store', () => {
  it('has one part per day, sorted by key, without duplicates', async () => {
    const rows = (from: number) =>
      Array.from({ length: 300 }, (_, index) => classifiedRow(`${999 - from - index}.jpg`));
    const path = await storeOf(rows(0), rows(100), rows(200), [deletedRow('750.jpg')]);
    await new ResultsStore(new FolderStore(), { bucket: path, prefix: '' }, { now: () => at(60 * 24) }).append(rows(0));
    const before = await query(path, everything);
    expect(await compactStore(path)).toEqual({ partsBefore: 5, partsAfter: 2, rowsRemoved: 700, interrupted: false });
    const [first = '', second = ''] = await keysIn(path);
    expect([first, second].map((name) => name.split('/')[1])).toEqual(['date=2026-03-01', 'date=2026-03-02']);
    const read = async (name: string) =>
      (await parquetReadObjects({ file: await asyncBufferFromFile(join(path, name)) })).map(({ key }) => String(key));
    const keys = [await read(first), await read(second)];
    expect(keys).toEqual(keys.map((keysOfDay) => keysOfDay.toSorted()));
    expect(new Set(keys.flat()).size).toBe(500);
    expect(keys.flat()).toHaveLength(501);
    expect(await query(path, everything)).toEqual(before);
    const stated = await query(
      path,
      `select distinct decode(value) from parquet_kv_metadata('${path}/results/*/*.parquet')`,
    );
    expect(stated).toEqual([[partMetadata({ hasRegions: false })]]);
  });

  it('is not rewritten if it has no new part', async () => {
    const path = await storeOf([classifiedRow('a.jpg')], [classifiedRow('b.jpg')]);
    await compactStore(path);
    const names = await keysIn(path);
    expect(names.map(generationOf)).toEqual([expect.any(String)]);
    expect(await compactStore(path)).toEqual({ partsBefore: 1, partsAfter: 1, rowsRemoved: 0, interrupted: false });
    expect(await keysIn(path)).toEqual(names);
  });

  it('keeps the parts of a skipped day', async () => {
    const path = await storeOf([classifiedRow('a.jpg')], [classifiedRow('a.jpg')]);
    const names = await keysIn(path);
    await compactStore(path, { skipFolder: (day) => day === 'results/date=2026-03-01' });
    expect(await keysIn(path)).toEqual(names);
  });

  it('is sorted in runs of limited size', async () => {
    const parts = Array.from({ length: 6 }, (_, index) => [classifiedRow(`${index}.jpg`)]);
    const path = await storeOf(...parts);
    const [part] = await partsOf({ kind: 'folder', path });
    const before = await query(path, everything);
    const seen: number[] = [];
    const onProgress = ({ replaced, total }: { replaced: number; total: number }) => seen.push(replaced / total);
    const bytesPerRun = 2.5 * (part?.bytes ?? 0);
    expect(await compactStore(path, { bytesPerRun, onProgress })).toMatchObject({ partsBefore: 6, partsAfter: 3 });
    expect(seen.map((share) => share.toFixed(2))).toEqual(['0.00', '0.33', '0.67', '1.00']);
    expect(await query(path, everything)).toEqual(before);
  });

  it('gives the same answers through a cache folder', async () => {
    const bucket = await storeOf([classifiedRow('a.jpg')], [classifiedRow('a.jpg')], [rejectedRow('b.txt')]);
    const store = new FolderStore();
    const cacheFolder = temporaryFolder();
    const source = { kind: 'remote', store, bucket, prefix: '', cacheFolder } as const;
    const before = await query(source, everything);
    expect(await compactStore(bucket, { source })).toMatchObject({ partsBefore: 3, partsAfter: 1, rowsRemoved: 1 });
    expect(await query(source, everything)).toEqual(before);
  });
});

describe('compactResults', () => {
  const rows = [[classifiedRow('a.jpg')], [classifiedRow('a.jpg'), rejectedRow('b.txt')], [classifiedRow('c.jpg')]];
  const refused = () => Promise.reject(new Failure('unavailable', 'the disk is full'));

  it.each<{ name: string; changes: Partial<ObjectStore> }>([
    { name: 'a compacted part cannot be written', changes: { write: refused } },
    { name: 'no part can be removed', changes: { remove: refused } },
  ])('loses nothing if $name, and can be repeated', async ({ changes }) => {
    const path = await storeOf(...rows);
    const before = await query(path, everything);
    await expect(compactStore(path, { store: folderStoreWith(changes) })).rejects.toMatchObject({
      reason: 'unavailable',
    });
    expect(await query(path, everything)).toEqual(before);
    expect(await compactStore(path)).toMatchObject({ partsAfter: 1 });
    expect(await query(path, everything)).toEqual(before);
  });

  it('keeps rows that a worker writes during the compaction', async () => {
    const path = await storeOf(...rows);
    const store = new FolderStore();
    const write: ObjectStore['write'] = async (address, bytes) => {
      await appendTo(path, [[classifiedRow('late.jpg')]]);
      await store.write(address, bytes);
    };
    await compactStore(path, { store: folderStoreWith({ write }) });
    expect(await query(path, 'select key from results order by key')).toEqual([
      ['a.jpg'],
      ['b.txt'],
      ['c.jpg'],
      ['late.jpg'],
    ]);
  });

  it('lets readers of removed parts open the results again', async () => {
    const path = await storeOf(...rows);
    const store = new FolderStore();
    let opening: Promise<unknown> = Promise.resolve();
    const remove: ObjectStore['remove'] = async (address) => {
      opening = Promise.all([opening, queryDuringCompaction(path)]);
      await store.remove(address);
    };
    await compactStore(path, { store: folderStoreWith({ remove }) });
    expect(JSON.stringify(await opening)).toContain('[[3]]');
  });

  it('removes duplicates of two concurrent compactions, or of one that was killed', async () => {
    const path = await storeOf(...rows);
    const before = await query(path, everything);
    const other = await storeOf(...rows);
    for (const store of [path, other]) await compactStore(store);
    for (const name of await keysIn(other)) await copyFile(join(other, name), join(path, name));
    expect(await query(path, everything)).toEqual(before);
    expect(await compactStore(path)).toEqual({ partsBefore: 2, partsAfter: 1, rowsRemoved: 3, interrupted: false });
    expect(await query(path, everything)).toEqual(before);
  });

  it('shows every image to readers at every moment', async () => {
    const path = temporaryFolder();
    const days = 20;
    for (let index = 0; index < 2 * days; index += 1) {
      const now = () => new Date(Date.UTC(2026, 2, 1 + (index % days), 12, index));
      const store = new ResultsStore(new FolderStore(), { bucket: path, prefix: '' }, { now });
      await store.append([classifiedRow(`${index}.jpg`)]);
    }
    let isDone = false;
    const seen: unknown[] = [];
    const reading = (async () => {
      while (!isDone) seen.push(await queryDuringCompaction(path));
    })();
    await compactStore(path);
    isDone = true;
    await reading;
    expect(seen.length).toBeGreaterThan(1);
    expect(new Set(seen.map((one) => JSON.stringify(one)))).toEqual(new Set([`[[${2 * days}]]`]));
    expect(await keysIn(path)).toHaveLength(days);
  });

  it('removes work folders older than a day', async () => {
    const path = await storeOf(...rows);
    const workFolder = temporaryFolder();
    for (const name of ['.compact-old', '.compact-new']) await mkdir(join(workFolder, name));
    const long = new Date(Date.now() - 25 * 3_600_000);
    await utimes(join(workFolder, '.compact-old'), long, long);
    await compactStore(path, { workFolder });
    expect(await readdir(workFolder)).toEqual(['.compact-new']);
  });

  it('names a damaged part and changes nothing', async () => {
    const path = await storeOf(...rows);
    const bad = join(path, 'results', 'date=2026-03-01', 'bad.parquet');
    const [name = ''] = await keysIn(path);
    const bytes = await readFile(join(path, name));
    await writeFile(bad, Buffer.from(bytes).fill(0xff, 4, 40));
    const names = await keysIn(path);
    const error = await compactStore(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toContain(bad);
    expect(await keysIn(path)).toEqual(names);
  });

  it('accepts a store without parts, and a part without rows', async () => {
    const path = temporaryFolder();
    expect(await compactStore(path)).toMatchObject({ partsBefore: 0, partsAfter: 0 });
    const empty = join(path, 'results');
    await new FolderStore().write({ bucket: empty, key: 'none.parquet' }, encodeRows([]));
    expect(await compactStore(path)).toMatchObject({ partsBefore: 1, partsAfter: 0 });
  });

  it('stops between two runs', async () => {
    const path = await storeOf(...rows, ...rows);
    const before = await query(path, everything);
    const stop = new AbortController();
    const onProgress = ({ replaced }: { replaced: number }) => void (replaced > 0 && stop.abort());
    const done = await compactStore(path, { bytesPerRun: 20_000, stop: stop.signal, onProgress });
    expect(done).toMatchObject({ partsBefore: 6, interrupted: true });
    expect(await query(path, everything)).toEqual(before);
  });
});
