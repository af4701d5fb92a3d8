import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Json } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { openResults } from '../../../results/open/open-results.ts';
import { partsOf, type ResultsSource } from '../../../results/open/parts.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { regionPartMetadata } from '../../../shared/rows/file-metadata.ts';
import { encodeRegionRows, regionRowsOf } from '../../../shared/rows/region-rows.ts';
import { ResultsStore } from '../../../shared/rows/results-store.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { generationOf } from '../../../shared/stores/keys.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import type { ObjectStore } from '../../../shared/stores/ports.ts';
import { compactStore } from '../../support/compact-store.ts';
import { folderStoreWith } from '../../support/folder-store-with.ts';
import { classifiedRow, deletedRow, storedRegion } from '../../support/result-rows.ts';
import { rowsOf, storeOf } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeParquet } from '../../support/write-parquet.ts';

const region = (x: number, changes: Parameters<typeof storedRegion>[0] = {}) =>
  storedRegion({ x, embedding: Float32Array.of(x, 1), ...changes });
const later = (minute: number) => ({ classified_at: new Date(Date.UTC(2026, 2, 1, 12, minute)) });

const everything = `select * replace (if(status = 'deleted', null, embedding) as embedding) from regions order by all`;

async function query(source: string | ResultsSource, sql: string): Promise<Json[][]> {
  const opened = typeof source === 'string' ? ({ kind: 'folder', path: source } as const) : source;
  const results = await openResults(opened, { regionEmbeddings: true });
  try {
    return await rowsOf(results, sql);
  } finally {
    await results.close();
  }
}

const keysIn = async (path: string) =>
  (await partsOf({ kind: 'folder', path }, 'regions')).map(({ address }) => address.key);

const storedIn = (path: string) =>
  query(path, `select image_id, region, x from read_parquet('${path}/regions/*/*.parquet') order by all`);

/** Two deliveries, another provider, a deleted image, two computations. */
const parts = (): ResultRow[][] => [
  [classifiedRow('b.jpg', { regions: [region(1), region(2)], ...later(1) }), classifiedRow('c.jpg')],
  [classifiedRow('b.jpg', { regions: [region(1), region(2)], ...later(2) })],
  [classifiedRow('a.jpg', { regions: [region(3), region(4)], ...later(1) })],
  [classifiedRow('a.jpg', { regions: [region(4)], ...later(2) })],
  [classifiedRow('gone.jpg', { regions: [region(5)] }), classifiedRow('none.jpg', { regions: [] })],
  [classifiedRow('a.jpg', { preprocess: 'other', regions: [region(6)] }), deletedRow('gone.jpg')],
];

describe('the embeddings of regions in a compacted store', () => {
  it('are in one part per day, once, sorted, without those of superseded rows and deleted images', async () => {
    const path = await storeOf(...parts());
    const before = await query(path, everything);
    expect(before).toHaveLength(5);
    const done = await compactStore(path);
    expect(done).toMatchObject({ partsBefore: 6 + 6, partsAfter: 2, interrupted: false });
    expect(await query(path, everything)).toEqual(before);
    const keys = await keysIn(path);
    expect(keys).toEqual([
      expect.stringMatching(/^regions\/date=2026-03-01\/\d{8}T\d{9}Z-compacted-.*-0\.[0-9a-f]{8}/),
    ]);
    expect(keys.map(generationOf)).not.toContain(undefined);
    expect(await storedIn(path)).toEqual([
      ['drop/a.jpg@e1', 1, 4],
      ['drop/a.jpg@e1', 1, 6],
      ['drop/b.jpg@e1', 1, 1],
      ['drop/b.jpg@e1', 2, 2],
    ]);
    const stated = `select distinct decode(value) from parquet_kv_metadata('${path}/regions/*/*.parquet')`;
    expect(await query(path, stated)).toEqual([[regionPartMetadata]]);
    expect(await compactStore(path)).toMatchObject({ partsBefore: 2, partsAfter: 2, rowsRemoved: 0 });
    expect(await keysIn(path)).toEqual(keys);
  });

  it('keep the numbers of proposals in the rows', async () => {
    const row = (key: string, proposals: number) => classifiedRow(key, { regions: [region(1)], proposals });
    const path = await storeOf([row('a.jpg', 100), classifiedRow('b.jpg')], [row('c.jpg', 7)]);
    await compactStore(path);
    expect(await query(path, 'select key, proposals from results order by key')).toEqual([
      ['a.jpg', 100],
      ['b.jpg', null],
      ['c.jpg', 7],
    ]);
  });

  it('are compacted through a cache folder', async () => {
    const bucket = await storeOf(...parts());
    const cacheFolder = temporaryFolder();
    const source = { kind: 'remote', store: new FolderStore(), bucket, prefix: '', cacheFolder } as const;
    const before = await query(source, everything);
    expect(await compactStore(bucket, { source })).toMatchObject({ partsBefore: 12, partsAfter: 2 });
    expect(await query(source, everything)).toEqual(before);
    expect(await storedIn(bucket)).toHaveLength(4);
  });

  it('are kept without a row, which a worker has still to write', async () => {
    const path = await storeOf([classifiedRow('a.jpg', { regions: [region(1)], ...later(1) })]);
    // Of a new image, and of one that is classified again: no row of this run is stored yet.
    const results = new ResultsStore(
      new FolderStore(),
      { bucket: path, prefix: '' },
      { now: () => new Date('2026-03-01') },
    );
    const coming = [
      classifiedRow('new.jpg', { regions: [region(2)], ...later(2) }),
      classifiedRow('a.jpg', { regions: [region(3)], ...later(3) }),
    ];
    await writeRegions(path, coming);
    await compactStore(path);
    await results.append(coming);
    expect(await query(path, 'select key, x, embedding[1]::int from regions order by all')).toEqual([
      ['a.jpg', 3, 3],
      ['new.jpg', 2, 2],
    ]);
    await compactStore(path);
    expect(await storedIn(path)).toEqual([
      ['drop/a.jpg@e1', 1, 3],
      ['drop/new.jpg@e1', 1, 2],
    ]);
  });

  it('are kept if the embedding of the latest row is missing, but an earlier one of its region is stored', async () => {
    const path = await storeOf([classifiedRow('a.jpg', { regions: [region(1)], ...later(1) })]);
    const again = await storeOf([classifiedRow('a.jpg', { regions: [region(1)], ...later(2) })]);
    await cp(join(again, 'results'), join(path, 'results'), { recursive: true });
    const before = await query(path, everything);
    expect(await query(path, 'select embedding from regions')).toEqual([[[1, 1]]]);
    await compactStore(path);
    expect(await query(path, everything)).toEqual(before);
  });

  it('are kept on a skipped day', async () => {
    const path = await storeOf(...parts());
    const keys = await keysIn(path);
    await compactStore(path, { skipFolder: (folder) => folder.endsWith('date=2026-03-01') });
    expect(await keysIn(path)).toEqual(keys);
  });

  const refused = () => Promise.reject(new Failure('unavailable', 'the disk is full'));
  const isRegion = (key: string) => key.startsWith('regions/');

  it.each<{ name: string; changes: (store: FolderStore) => Partial<ObjectStore> }>([
    {
      name: 'a compacted part cannot be written',
      changes: (store) => ({
        write: (address, bytes) => (isRegion(address.key) ? refused() : store.write(address, bytes)),
      }),
    },
    {
      name: 'no part can be removed',
      changes: (store) => ({ remove: (address) => (isRegion(address.key) ? refused() : store.remove(address)) }),
    },
  ])('are not lost if $name, and the compaction can be repeated', async ({ changes }) => {
    const path = await storeOf(...parts());
    const before = await query(path, everything);
    await expect(compactStore(path, { store: folderStoreWith(changes(new FolderStore())) })).rejects.toThrow('disk');
    expect(await query(path, everything)).toEqual(before);
    await compactStore(path);
    expect(await query(path, everything)).toEqual(before);
    expect(await keysIn(path)).toHaveLength(1);
    expect(await storedIn(path)).toHaveLength(4);
  });

  it('are the same after two compactions at the same time', async () => {
    const path = await storeOf(...parts());
    const before = await query(path, everything);
    const outcomes = await Promise.allSettled([compactStore(path), compactStore(path)]);
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(await query(path, everything)).toEqual(before);
  });

  it('are not replaced if a part is damaged', async () => {
    const path = await storeOf(...parts());
    const [name = ''] = await keysIn(path);
    const whole = await readFile(join(path, name));
    whole[100] = (whole[100] ?? 0) ^ 1;
    await writeFile(join(path, name), whole);
    const keys = await keysIn(path);
    await expect(compactStore(path)).rejects.toThrow(`${join(path, name)} is damaged`);
    expect(await keysIn(path)).toEqual(keys);
  });

  it.each<[string, (path: string) => Promise<void>, RegExp]>([
    ['is empty', (path) => writeFile(path, ''), /^(.*)part\.parquet is damaged or not a Parquet file; move it out/],
    ['is another file', (path) => writeFile(path, 'a note'), /^(.*)part\.parquet is damaged or not a Parquet file/],
    [
      'has columns of another type',
      (path) => writeParquet(`select 'a' as image_id, 'b' as model, 'c' as preprocess, 'first' as region`, path),
      /part\.parquet is not a part of results: expected INTEGER in column region but received VARCHAR; move it out/,
    ],
  ])('are not replaced if a part %s, and the error names it', async (_, write, message) => {
    const path = await storeOf(...parts());
    const part = join(path, 'regions/date=2026-03-01/part.parquet');
    await mkdir(dirname(part), { recursive: true });
    await write(part);
    const keys = await keysIn(path);
    await expect(compactStore(path)).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(message),
    });
    expect(await keysIn(path)).toEqual(keys);
  });

  it('do not stop the compaction of a store from which they were removed', async () => {
    const path = await storeOf(...parts());
    await rm(join(path, 'regions'), { recursive: true });
    expect(await compactStore(path)).toMatchObject({ partsBefore: 6, partsAfter: 1 });
    expect(await readdir(path)).toEqual(['results']);
  });
});

/** Writes the embeddings of regions without their rows. */
async function writeRegions(path: string, rows: readonly ResultRow[]): Promise<void> {
  const key = 'regions/date=2026-03-01/20260301T130000000Z-coming.parquet';
  await new FolderStore().write({ bucket: path, key }, encodeRegionRows(regionRowsOf(rows)));
}
