import { join } from 'node:path';
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { openResults, type StoredRow, UserError } from '../../results/index.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import type { ResultRow } from '../../shared/rows/row.ts';
import { jobRunKey } from '../../shared/stores/keys.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { embeddedRows, embeddingFor, nearestRows } from '../support/embedded-rows.ts';
import { classifiedRow, rejectedRow, storedRegion } from '../support/result-rows.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const store = join(temporaryFolder(), 'store');
const embedded = embeddedRows(0, 20);
const rows: readonly ResultRow[] = [
  ...embedded,
  classifiedRow('fish.jpg', {
    ...{ label: 'goldfish, Carassius auratus', label_id: 'n01443537', job: 'other', embedding: embeddingFor(90) },
  }),
  rejectedRow('broken.jpg', { reason: 'corrupt', detail: 'the image cannot be decoded' }),
];

beforeAll(() => new ResultsStore(new FolderStore(), { bucket: store, prefix: '' }).append(rows));

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(items);
}

describe('the results of a store', () => {
  it('give every row with its columns, without embeddings', async () => {
    await using results = await openResults(store);
    const found = await collect(results.rows());
    expect(found.map(({ key }) => key)).toEqual(rows.map(({ key }) => key).toSorted());
    const fish = found.find(({ key }) => key === 'fish.jpg');
    expect(fish).toMatchObject({ status: 'classified', label_id: 'n01443537', bytes: 109_527, width: 500 });
    expect(fish).not.toHaveProperty('embedding');
    expect(found.find(({ status }) => status === 'rejected')).toMatchObject({ key: 'broken.jpg', reason: 'corrupt' });
    expectTypeOf(results.rows()).toEqualTypeOf<AsyncIterable<StoredRow>>();
  });

  it('give the embeddings if they are opened with them', async () => {
    await using results = await openResults(store, { embeddings: true });
    const [row] = await collect(results.rows({ prefix: '3.' }));
    expect(row).toMatchObject({ key: '3.jpg', embedding: embedded[3]?.embedding });
  });

  it('give the regions of rows, and by SQL their embeddings', async () => {
    const withRegions = temporaryFolder();
    const { embedding, ...region } = storedRegion();
    const row = classifiedRow('a.jpg', { regions: [{ ...region, embedding }] });
    await new ResultsStore(new FolderStore(), { bucket: withRegions, prefix: '' }).append([
      row,
      classifiedRow('b.jpg'),
    ]);
    await using results = await openResults(withRegions, { regionEmbeddings: true });
    expect(await collect(results.rows())).toMatchObject([{ regions: [region] }, { regions: null }]);
    expect(await collect(results.sql('select region, embedding from regions'))).toEqual([
      { region: 1, embedding: [...embedding] },
    ]);
    await using without = await openResults(withRegions);
    await expect(collect(without.sql('select embedding from regions'))).rejects.toThrow(
      /"embedding" not found.*: open the results with .* "regionEmbeddings: true" for those of regions$/,
    );
  });

  it.each([
    [{ label: 'goldfish' }, ['fish.jpg']],
    [{ label: 'CARASSIUS auratus' }, ['fish.jpg']],
    [{ job: 'other' }, ['fish.jpg']],
    [{ status: 'rejected' }, ['broken.jpg']],
    [{ status: 'deleted' }, []],
    [{ minProbability: 1 }, []],
    [{ prefix: '1' }, ['1.jpg', ...Array.from({ length: 10 }, (_, index) => `${10 + index}.jpg`)]],
    [{ prefix: "it's" }, []],
    [{ model: 'googlenet', prefix: 'fish' }, ['fish.jpg']],
    [{ model: 'googlenet@0123', prefix: 'fish' }, ['fish.jpg']],
    [{ model: 'google', prefix: 'fish' }, ['fish.jpg']],
  ] as const)('select rows by %j', async (filter, keys) => {
    await using results = await openResults(store);
    expect((await collect(results.rows(filter))).map(({ key }) => key).toSorted()).toEqual([...keys].toSorted());
  });

  it.each([
    [{ job: 'othr' }, `no job othr in ${store} (did you mean other?); its jobs are default, other`],
    [{ label: 'goldfsh' }, `no image in ${store} has the label goldfsh (did you mean goldfish?)`],
    [
      { model: 'goglenet' },
      'model goglenet matches no model (did you mean googlenet?); ' +
        'available: googlenet@0123456789ab/fedcba9876543210',
    ],
  ] as const)('refuse the unknown name in %j, and suggest another', async (filter, message) => {
    await using results = await openResults(store);
    const error = new UserError(message);
    await expect(collect(results.rows(filter))).rejects.toThrow(error);
    await expect(results.labels(filter)).rejects.toThrow(error);
  });

  it('refuse an unknown job or label also when they count or search', async () => {
    await using results = await openResults(store);
    const job = new UserError(`no job othr in ${store} (did you mean other?); its jobs are default, other`);
    await expect(results.counts({ job: 'othr' })).rejects.toThrow(job);
    await expect(results.models({ job: 'othr' })).rejects.toThrow(job);
    await expect(results.similar('4.jpg', { job: 'othr' })).rejects.toThrow(job);
    await expect(results.similar('4.jpg', { label: 'goldfsh' })).rejects.toThrow(/did you mean goldfish/);
    await expect(results.similar('4.jpg', { model: 'goglenet' })).rejects.toThrow(/did you mean googlenet/);
  });

  it('refuse an empty name', async () => {
    await using results = await openResults(store);
    for (const filter of [{ job: '' }, { label: '' }, { model: '' }]) {
      const [name = ''] = Object.keys(filter);
      const error = new RegExp(`: ${name} is empty: give `);
      await expect(collect(results.rows(filter))).rejects.toThrow(error);
      await expect(results.similar('4.jpg', filter)).rejects.toThrow(error);
    }
  });

  it('refuse a text with NUL, which no name has', async () => {
    await using results = await openResults(store);
    await expect(collect(results.rows({ prefix: 'a\0b' }))).rejects.toThrow(
      new UserError('invalid options of rows: prefix: give the beginning of keys'),
    );
    await expect(results.similar('4.jpg', { label: 'a\0b' })).rejects.toThrow(
      new UserError('invalid options of similar: label: give a label by name or id'),
    );
  });

  it('select nothing for a job that has no rows yet', async () => {
    const started = temporaryFolder();
    const objects = new FolderStore();
    await new ResultsStore(objects, { bucket: started, prefix: '' }).append(rows);
    await objects.write({ bucket: started, key: jobRunKey('summer') }, Buffer.from('{}'));
    await using results = await openResults(started);
    expect(await collect(results.rows({ job: 'summer' }))).toEqual([]);
    await expect(results.counts({ job: 'sumer' })).rejects.toThrow(/did you mean summer/);
  });

  it('count images by status, label and model', async () => {
    await using results = await openResults(store);
    expect(await results.counts()).toMatchObject({ classified: 21, rejected: 1, deleted: 0 });
    expect(await results.labels({ job: 'other' })).toEqual([
      { label: 'goldfish, Carassius auratus', label_id: 'n01443537', images: 1 },
    ]);
    expect(await results.models()).toMatchObject([{ model: 'googlenet@0123456789ab', classified: 21, rejected: 1 }]);
  });

  it('answer SQL with parameters, and keep reading rows meanwhile', async () => {
    await using results = await openResults(store);
    let rowCount = 0;
    for await (const row of results.rows()) {
      const [counted] = await collect(
        results.sql('select count(*) as images from results where key = $key', { key: row.key }),
      );
      expect(counted).toEqual({ images: 1n });
      rowCount += 1;
    }
    expect(rowCount).toBe(rows.length);
  });

  it('refuse SQL that is no query or reads another file', async () => {
    await using results = await openResults(store);
    await expect(collect(results.sql('drop view results'))).rejects.toThrow(UserError);
    await expect(collect(results.sql("select * from read_text('/etc/hostname')"))).rejects.toThrow();
    expect(await collect(results.sql('select 1 as one'))).toEqual([{ one: 1 }]);
  });

  it('find similar images by key and by embedding, also after SQL', async () => {
    await using results = await openResults(store);
    await collect(results.sql('select 1 as one'));
    const expected = nearestRows(embedded, embeddingFor(4), 4).map(({ image_id }) => image_id);
    const byKey = await results.similar('4.jpg', { limit: 3, job: 'default' });
    expect(byKey.map(({ image_id }) => image_id)).toEqual(expected.slice(1));
    const [nearest] = await results.similar(embeddingFor(4), { limit: 1 });
    expect(nearest).toMatchObject({ key: '4.jpg', label: 'tench' });
    await expect(results.similar('missing.jpg')).rejects.toThrow('no image with the id, key or path missing.jpg');
  });

  it('are empty for a store without results, and can be closed twice', async () => {
    const results = await openResults(temporaryFolder());
    expect(await collect(results.rows())).toEqual([]);
    expect(await collect(results.rows({ job: 'any', label: 'any', model: 'any' }))).toEqual([]);
    await results.close();
    await results.close();
  });

  it('are refused for a missing folder', async () => {
    const missing = join(temporaryFolder(), 'missing');
    const error = await openResults(missing).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ message: expect.stringContaining(`no results in ${missing}: the folder does not`) });
  });

  it('name a store near a missing folder', async () => {
    await expect(openResults(`${store}s`)).rejects.toThrow(
      new UserError(
        `no results in ${store}s: the folder does not exist (did you mean ${store}?); give the store of "run"`,
      ),
    );
  });

  it('refuse options that programs in JavaScript mistype', async () => {
    await using results = await openResults(store);
    const given: unknown = { lable: 'tench' };
    const mistyped: object = Object(given);
    await expect(collect(results.rows(mistyped))).rejects.toThrow(
      new UserError(
        'invalid options of rows: unknown option lable, the options are job, status, label, model, minProbability, prefix',
      ),
    );
    await expect(results.labels(mistyped)).rejects.toThrow(/^invalid options of labels: unknown option lable/);
    await expect(results.counts(mistyped)).rejects.toThrow(/^invalid options of counts: unknown option lable/);
    await expect(results.models(mistyped)).rejects.toThrow(/^invalid options of models: unknown option lable/);
    await expect(openResults(store, mistyped)).rejects.toThrow(/^invalid options of openResults: unknown option lable/);
    const other: object = { status: 'x' };
    await expect(collect(results.rows(other))).rejects.toThrow(
      new UserError('invalid options of rows: status: give classified, rejected, deleted'),
    );
    await expect(results.similar('4.jpg', { limit: -2 })).rejects.toThrow(
      new UserError('invalid options of similar: limit: give a whole number of at least 1'),
    );
  });

  it('refuse a parameter that is not in the SQL, and a date that JavaScript does not have', async () => {
    await using results = await openResults(store);
    await expect(collect(results.sql('select 1 limit $limit', { limt: 3 }))).rejects.toThrow(
      new UserError('the SQL has no parameter $limt'),
    );
    const object: Record<string, never> = JSON.parse('{ "limit": {} }');
    await expect(collect(results.sql('select 1 limit $limit', object))).rejects.toThrow(UserError);
    await expect(collect(results.sql("select 'infinity'::timestamp as at"))).rejects.toThrow(UserError);
    expect(await collect(results.sql("select 'ab'::blob as bytes"))).toEqual([{ bytes: Buffer.from('ab') }]);
  });

  it('say that they are closed, also to a loop', async () => {
    const results = await openResults(store);
    const closed = new UserError('the results are closed: open them again');
    const rows = results.rows()[Symbol.asyncIterator]();
    await rows.next();
    await results.close();
    await expect(rows.next()).rejects.toThrow(closed);
    await expect(results.counts()).rejects.toThrow(closed);
    await expect(results.similar('4.jpg')).rejects.toThrow(closed);
    await expect(collect(results.rows())).rejects.toThrow(closed);
    await expect(collect(results.sql('select 1'))).rejects.toThrow(closed);
  });
});
