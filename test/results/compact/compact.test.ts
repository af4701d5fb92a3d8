import { copyFile, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '@duckdb/node-api';
import { array, assert, asyncProperty, constantFrom, integer, record } from 'fast-check';
import { parquetReadObjects } from 'hyparquet';
import { asyncBufferFromFile } from 'hyparquet/src/node.js';
import { describe, expect, it } from 'vitest';
import { type CompactOptions, compactResults } from '../../../results/compact/compact.ts';
import { partsOf, type ResultsSource } from '../../../results/open/parts.ts';
import { ResultsChanged } from '../../../results/open/results-changed.ts';
import { Failure, type FailureReason } from '../../../shared/failures/failure.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { encodeRows } from '../../../shared/rows/parquet.ts';
import { ResultsStore } from '../../../shared/rows/results-store.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { generationOf } from '../../../shared/stores/keys.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import type { ObjectStore } from '../../../shared/stores/ports.ts';
import { classifiedRow, deletedRow, rejectedRow } from '../../support/result-rows.ts';
import { appendTo, query, storeOf } from '../../support/stores.ts';
import { testFolder } from '../../support/test-folder.ts';

const folder = (path: string): ResultsSource => ({ kind: 'folder', path });
const everything = 'select * from results order by all';

/** Queries a store while it is compacted. */
async function queryDuringCompaction(path: string): Promise<Json[][]> {
  try {
    return await query(folder(path), 'select count(*)::int from results');
  } catch (error) {
    if (error instanceof ResultsChanged) return queryDuringCompaction(path);
    throw error;
  }
}

async function compact(path: string, options: Partial<CompactOptions> = {}) {
  const store = new FolderStore();
  return compactResults({
    source: folder(path),
    store,
    workFolder: await testFolder(),
    bytesPerRun: 2 ** 30,
    ...options,
  });
}

const namesIn = async (path: string) => (await partsOf(folder(path))).map(({ address }) => address.key);

/** The folder, with some operations doing something else. */
function changed(changes: Partial<ObjectStore>): ObjectStore {
  const store = new FolderStore();
  return {
    list: store.list.bind(store),
    read: store.read.bind(store),
    readRange: store.readRange.bind(store),
    write: store.write.bind(store),
    remove: store.remove.bind(store),
    ...changes,
  };
}

const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute));
const sequencer = (event: number) => ['00', '9', '0b', 'C', 'fF', '0100', '00000000000000FFFF'][event] ?? null;

/** One thing that was stored of an image: what happened, when, of which content, and when the row was made. */
const step = record({
  kind: constantFrom('classified', 'rejected', 'object_gone', 'unavailable', 'deleted', 'version deleted', 'listed'),
  event: integer({ min: 0, max: 6 }),
  made: integer({ min: 0, max: 4 }),
  image: constantFrom('v1', 'v2'),
  model: constantFrom('one@1', 'two@2'),
});
type Step = typeof step extends { generate: (...args: never) => { value: infer T } } ? T : never;

function rowOf({ kind, event, made, image, model }: Step, bucket: string): ResultRow {
  const base = {
    bucket,
    image_id: `${bucket}/a.jpg@${image}`,
    version: image,
    sequencer: sequencer(event),
    event_time: at(event),
    ingested_at: at(made),
    model,
  };
  const gone = (reason: FailureReason) => rejectedRow('a.jpg', { ...base, reason });
  if (kind === 'classified') return classifiedRow('a.jpg', { ...base, classified_at: at(made) });
  if (kind === 'listed') return classifiedRow('a.jpg', { ...base, sequencer: null, classified_at: at(made) });
  if (kind === 'rejected') return gone('truncated');
  if (kind === 'object_gone' || kind === 'unavailable') return gone(kind);
  const version = kind === 'deleted' ? null : image;
  return deletedRow('a.jpg', { ...base, image_id: `${bucket}/a.jpg@deleted-${version}-${event}`, version });
}

describe('a compacted store', () => {
  it('answers as it did, whatever it holds and whatever is written later', async () => {
    const history = record({
      before: array(step, { minLength: 1, maxLength: 7 }),
      after: array(step, { maxLength: 3 }),
    });
    await assert(
      asyncProperty(array(history, { minLength: 60, maxLength: 100 }), async (histories) => {
        const partsOf = (which: 'before' | 'after') =>
          [0, 1, 2].map((part) =>
            histories.flatMap((own, bucket) =>
              own[which].filter((_, index) => index % 3 === part).map((event) => rowOf(event, `drop-${bucket}`)),
            ),
          );
        const plain = await storeOf(...partsOf('before'));
        const compacted = await storeOf(...partsOf('before'));
        await compact(compacted);
        const columns = 'bucket, image_id, model, status, reason, label, sequencer, event_time, classified_at';
        const sql = `select ${columns} from results order by all`;
        expect(await query(folder(compacted), sql)).toEqual(await query(folder(plain), sql));
        for (const path of [plain, compacted]) await appendTo(path, partsOf('after'));
        expect(await query(folder(compacted), sql)).toEqual(await query(folder(plain), sql));
        await compact(compacted);
        expect(await query(folder(compacted), sql)).toEqual(await query(folder(plain), sql));
      }),
      { numRuns: 6, endOnFailure: true },
    );
  });

  it('has one part a day, in which each image is once, in the order of its key', async () => {
    const rows = (from: number) =>
      Array.from({ length: 300 }, (_, index) => classifiedRow(`${999 - from - index}.jpg`));
    const path = await storeOf(rows(0), rows(100), rows(200), [deletedRow('750.jpg')]);
    await new ResultsStore(new FolderStore(), { bucket: path, prefix: '' }, { now: () => at(60 * 24) }).append(rows(0));
    const before = await query(folder(path), everything);
    expect(await compact(path)).toEqual({ partsBefore: 5, partsAfter: 2, rowsRemoved: 700, interrupted: false });
    const [first = '', second = ''] = await namesIn(path);
    expect([first, second].map((name) => name.split('/')[1])).toEqual(['date=2026-03-01', 'date=2026-03-02']);
    const read = async (name: string) =>
      (await parquetReadObjects({ file: await asyncBufferFromFile(join(path, name)) })).map(({ key }) => String(key));
    const keys = [await read(first), await read(second)];
    expect(keys).toEqual(keys.map((own) => own.toSorted()));
    expect(new Set(keys.flat()).size).toBe(500);
    expect(keys.flat()).toHaveLength(501);
    expect(await query(folder(path), everything)).toEqual(before);
  });

  it('is left as it is when there is nothing new in it', async () => {
    const path = await storeOf([classifiedRow('a.jpg')], [classifiedRow('b.jpg')]);
    await compact(path);
    const names = await namesIn(path);
    expect(names.map(generationOf)).toEqual([expect.any(String)]);
    expect(await compact(path)).toEqual({ partsBefore: 1, partsAfter: 1, rowsRemoved: 0, interrupted: false });
    expect(await namesIn(path)).toEqual(names);
  });

  it('keeps what a day that is left alone has', async () => {
    const path = await storeOf([classifiedRow('a.jpg')], [classifiedRow('a.jpg')]);
    const names = await namesIn(path);
    await compact(path, { skipFolder: (day) => day === 'results/date=2026-03-01' });
    expect(await namesIn(path)).toEqual(names);
  });

  it('sorts no more bytes at once than it may', async () => {
    const parts = Array.from({ length: 6 }, (_, index) => [classifiedRow(`${index}.jpg`)]);
    const path = await storeOf(...parts);
    const [part] = await partsOf(folder(path));
    const before = await query(folder(path), everything);
    const seen: number[] = [];
    const onProgress = ({ replaced, total }: { replaced: number; total: number }) => seen.push(replaced / total);
    const bytesPerRun = 2.5 * (part?.bytes ?? 0);
    expect(await compact(path, { bytesPerRun, onProgress })).toMatchObject({ partsBefore: 6, partsAfter: 3 });
    expect(seen.map((share) => share.toFixed(2))).toEqual(['0.00', '0.33', '0.67', '1.00']);
    expect(await query(folder(path), everything)).toEqual(before);
  });

  it('is read by way of a cache too, which keeps nothing of what was replaced', async () => {
    const bucket = await storeOf([classifiedRow('a.jpg')], [classifiedRow('a.jpg')], [rejectedRow('b.txt')]);
    const store = new FolderStore();
    const cacheFolder = await testFolder();
    const source = { kind: 'remote', store, bucket, prefix: '', cacheFolder } as const;
    const before = await query(source, everything);
    expect(await compact(bucket, { source })).toMatchObject({ partsBefore: 3, partsAfter: 1, rowsRemoved: 1 });
    expect(await query(source, everything)).toEqual(before);
  });
});

describe('compactResults', () => {
  const rows = [[classifiedRow('a.jpg')], [classifiedRow('a.jpg'), rejectedRow('b.txt')], [classifiedRow('c.jpg')]];
  const refused = () => Promise.reject(new Failure('unavailable', 'the disk is full'));

  it.each<{ name: string; changes: Partial<ObjectStore> }>([
    { name: 'a compacted part cannot be written', changes: { write: refused } },
    { name: 'no part can be removed', changes: { remove: refused } },
  ])('loses nothing when $name, and can be run again', async ({ changes }) => {
    const path = await storeOf(...rows);
    const before = await query(folder(path), everything);
    await expect(compact(path, { store: changed(changes) })).rejects.toMatchObject({ reason: 'unavailable' });
    expect(await query(folder(path), everything)).toEqual(before);
    expect(await compact(path)).toMatchObject({ partsAfter: 1 });
    expect(await query(folder(path), everything)).toEqual(before);
  });

  it('keeps the rows that a worker writes meanwhile', async () => {
    const path = await storeOf(...rows);
    const store = new FolderStore();
    const write: ObjectStore['write'] = async (address, bytes) => {
      await appendTo(path, [[classifiedRow('late.jpg')]]);
      await store.write(address, bytes);
    };
    await compact(path, { store: changed({ write }) });
    expect(await query(folder(path), 'select key from results order by key')).toEqual([
      ['a.jpg'],
      ['b.txt'],
      ['c.jpg'],
      ['late.jpg'],
    ]);
  });

  it('lets whoever opened the parts before them again', async () => {
    const path = await storeOf(...rows);
    const store = new FolderStore();
    let opening: Promise<unknown> = Promise.resolve();
    const remove: ObjectStore['remove'] = async (address) => {
      opening = Promise.all([opening, queryDuringCompaction(path)]);
      await store.remove(address);
    };
    await compact(path, { store: changed({ remove }) });
    expect(JSON.stringify(await opening)).toContain('[[3]]');
  });

  it('mends what two that ran at once, or one that was killed while it removed, left twice', async () => {
    const path = await storeOf(...rows);
    const before = await query(folder(path), everything);
    const other = await storeOf(...rows);
    for (const store of [path, other]) await compact(store);
    for (const name of await namesIn(other)) await copyFile(join(other, name), join(path, name));
    expect(await query(folder(path), everything)).toEqual(before);
    expect(await compact(path)).toEqual({ partsBefore: 2, partsAfter: 1, rowsRemoved: 3, interrupted: false });
    expect(await query(folder(path), everything)).toEqual(before);
  });

  it('shows every image to whoever reads again and again while it runs', async () => {
    const path = await testFolder();
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
    await compact(path);
    isDone = true;
    await reading;
    expect(seen.length).toBeGreaterThan(1);
    expect(new Set(seen.map((one) => JSON.stringify(one)))).toEqual(new Set([`[[${2 * days}]]`]));
    expect(await namesIn(path)).toHaveLength(days);
  });

  it('removes what a killed one left a day ago, and nothing younger', async () => {
    const path = await storeOf(...rows);
    const workFolder = await testFolder();
    for (const name of ['.compact-old', '.compact-new']) await mkdir(join(workFolder, name));
    const long = new Date(Date.now() - 25 * 3_600_000);
    await utimes(join(workFolder, '.compact-old'), long, long);
    await compact(path, { workFolder });
    expect(await readdir(workFolder)).toEqual(['.compact-new']);
  });

  it('names a damaged part, and changes nothing', async () => {
    const path = await storeOf(...rows);
    const bad = join(path, 'results', 'date=2026-03-01', 'bad.parquet');
    const [name = ''] = await namesIn(path);
    const bytes = await readFile(join(path, name));
    await writeFile(bad, Buffer.from(bytes).fill(0xff, 4, 40));
    const names = await namesIn(path);
    const error = await compact(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toContain(bad);
    expect(await namesIn(path)).toEqual(names);
  });

  it('is no matter of how many parts there are: none, or one without a row', async () => {
    const path = await testFolder();
    expect(await compact(path)).toMatchObject({ partsBefore: 0, partsAfter: 0 });
    const empty = join(path, 'results');
    await new FolderStore().write({ bucket: empty, key: 'none.parquet' }, encodeRows([]));
    expect(await compact(path)).toMatchObject({ partsBefore: 1, partsAfter: 0 });
  });

  it('stops between two runs when it is asked to', async () => {
    const path = await storeOf(...rows, ...rows);
    const before = await query(folder(path), everything);
    const stop = new AbortController();
    const onProgress = ({ replaced }: { replaced: number }) => void (replaced > 0 && stop.abort());
    const done = await compact(path, { bytesPerRun: 20_000, stop: stop.signal, onProgress });
    expect(done).toMatchObject({ partsBefore: 6, interrupted: true });
    expect(await query(folder(path), everything)).toEqual(before);
  });
});
