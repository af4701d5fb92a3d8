import { cp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type OpenOptions, openResults, type Results } from '../../../results/open/open-results.ts';
import { lightFolder, type ResultsSource } from '../../../results/open/parts.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { classifiedRow, deletedRow, rejectedRow, storedRegion } from '../../support/result-rows.ts';
import { appendTo, rowsOf, storeOf } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function opened(source: string | ResultsSource, options: OpenOptions = {}): Promise<Results> {
  const results = await openResults(typeof source === 'string' ? { kind: 'folder', path: source } : source, options);
  onTestFinished(() => results.close());
  return results;
}

const remote = (bucket: string): ResultsSource => ({
  ...{ kind: 'remote', store: new FolderStore(), bucket, prefix: '' },
  cacheFolder: temporaryFolder(),
});

const embedded = (x: number, changes: Parameters<typeof storedRegion>[0] = {}) =>
  storedRegion({ x, embedding: Float32Array.of(x, 1), ...changes });

const later = (seconds: number) => ({ classified_at: new Date(Date.UTC(2026, 2, 1, 12, 0, seconds)) });

const withEmbeddings = { regionEmbeddings: true };
const boxes = 'select key, region, x from regions order by key, model, preprocess, region';
const embeddings = 'select key, region, x, embedding from regions order by key, model, preprocess, region';

describe('the view regions', () => {
  it('has a row per region, with the columns of its image and of the region', async () => {
    const store = await storeOf([
      classifiedRow('a.jpg', { regions: [embedded(5), embedded(9, { label: 'goldfish', label_id: 'n01443537' })] }),
      classifiedRow('b.jpg', { regions: [] }),
      classifiedRow('c.jpg'),
      rejectedRow('d.jpg'),
    ]);
    const results = await opened(store);
    const rows = await results.withConnection(async (connection) =>
      (await connection.runAndReadAll('select * from regions order by region')).getRowObjectsJS(),
    );
    const { image_id, bucket, key, version, etag, job, status, model, preprocess, ...image } = classifiedRow('a.jpg');
    const ofImage = {
      ...{ image_id, bucket, key, version, etag, job, status, model, preprocess },
      ...{ image_width: image.width, image_height: image.height },
      ...{ image_label: image.label, image_label_id: image.label_id, image_probability: image.probability },
      ...{ event_time: image.event_time, ingested_at: image.ingested_at, classified_at: image.classified_at },
    };
    const { embedding: _, ...region } = storedRegion();
    expect(rows).toEqual([
      { ...ofImage, ...region, x: 5, region: 1 },
      { ...ofImage, ...region, x: 9, region: 2, label: 'goldfish', label_id: 'n01443537' },
    ]);
  });

  it('tells no regions from an image that was classified without regions', async () => {
    const results = await opened(
      await storeOf([classifiedRow('a.jpg', { regions: [] }), classifiedRow('b.jpg'), rejectedRow('c.jpg')]),
    );
    expect(await rowsOf(results, 'select key, len(regions) from results order by key')).toEqual([
      ['a.jpg', '0'],
      ['b.jpg', null],
      ['c.jpg', null],
    ]);
  });

  it.each([
    { name: 'in a folder', sourceOf: (path: string): ResultsSource => ({ kind: 'folder', path }) },
    { name: 'in a bucket', sourceOf: remote },
  ])(
    'reads parts without regions next to those with them, $name, with and without embeddings',
    async ({ sourceOf }) => {
      const path = await storeOf([classifiedRow('old.jpg')], [classifiedRow('new.jpg', { regions: [embedded(5)] })]);
      const source = sourceOf(path);
      for (const options of [{}, { embeddings: false }, withEmbeddings]) {
        const results = await opened(source, options);
        expect(await rowsOf(results, 'select key, len(regions) from results order by key')).toEqual([
          ['new.jpg', '1'],
          ['old.jpg', null],
        ]);
      }
      expect(await rowsOf(await opened(source, withEmbeddings), embeddings)).toEqual([['new.jpg', 1, 5, [5, 1]]]);
    },
  );

  it('is empty in a store without regions, and in one without parts', async () => {
    for (const store of [await storeOf([classifiedRow('a.jpg')]), temporaryFolder()]) {
      expect(await rowsOf(await opened(store), 'from regions')).toEqual([]);
      expect(await rowsOf(await opened(store, withEmbeddings), 'select embedding from regions')).toEqual([]);
    }
  });

  it('keeps regions in merged files of many parts', async () => {
    const path = temporaryFolder();
    const parts = Array.from({ length: 40 }, (_, index): ResultRow[] => [
      classifiedRow(`${index}.jpg`, index % 2 === 0 ? { regions: [embedded(index)] } : {}),
    ]);
    await appendTo(path, parts);
    const source = { kind: 'folder', path, cacheFolder: temporaryFolder() } as const;
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const results = await opened(source, { embeddings: false });
      expect(await rowsOf(results, 'select count(*)::int, sum(x)::int from regions')).toEqual([[20, 380]]);
    }
    expect((await readdir(lightFolder(source) ?? '')).filter((name) => name.endsWith('.parquet'))).toHaveLength(1);
  });

  it('merges parts of which none has regions', async () => {
    const path = temporaryFolder();
    await appendTo(
      path,
      Array.from({ length: 40 }, (_, index) => [classifiedRow(`${index}.jpg`)]),
    );
    const source = { kind: 'folder', path, cacheFolder: temporaryFolder() } as const;
    const results = await opened(source, { embeddings: false });
    expect(await rowsOf(results, 'select count(*)::int, count(regions)::int from results')).toEqual([[40, 0]]);
  });

  it('lists the regions of an image once that was delivered twice, those of its latest row', async () => {
    const store = await storeOf(
      [classifiedRow('a.jpg', { regions: [embedded(5), embedded(6)], ...later(2) })],
      [classifiedRow('a.jpg', { regions: [embedded(5), embedded(6)], ...later(1) })],
      // Another provider kept other regions.
      [classifiedRow('b.jpg', { regions: [embedded(7), embedded(8)], ...later(1) })],
      [classifiedRow('b.jpg', { regions: [embedded(8, { embedding: Float32Array.of(8, 2) })], ...later(2) })],
    );
    expect(await rowsOf(await opened(store), boxes)).toEqual([
      ['a.jpg', 1, 5],
      ['a.jpg', 2, 6],
      ['b.jpg', 1, 8],
    ]);
    expect(await rowsOf(await opened(store, withEmbeddings), embeddings)).toEqual([
      ['a.jpg', 1, 5, [5, 1]],
      ['a.jpg', 2, 6, [6, 1]],
      ['b.jpg', 1, 8, [8, 2]],
    ]);
  });

  it.each([
    ['first', [2, 1]],
    ['last', [1, 2]],
  ])('has the embedding that was computed last, also if its part is read %s', async (_, [first = 0, second = 0]) => {
    const partOf = (at: number) => [
      classifiedRow('a.jpg', { regions: [embedded(5, { embedding: Float32Array.of(at, 0) })], ...later(at) }),
    ];
    const results = await opened(await storeOf(partOf(first), partOf(second)), withEmbeddings);
    expect(await rowsOf(results, embeddings)).toEqual([['a.jpg', 1, 5, [2, 0]]]);
  });

  it('has no embedding of a later region whose row was never written', async () => {
    const store = await storeOf([classifiedRow('a.jpg', { regions: [embedded(5)], ...later(1) })]);
    // Embeddings are written first, so a worker that is killed may leave them alone.
    const interrupted = await storeOf([classifiedRow('a.jpg', { regions: [embedded(8)], ...later(2) })]);
    await cp(join(interrupted, 'regions'), join(store, 'regions'), { recursive: true });
    expect(await rowsOf(await opened(store, withEmbeddings), embeddings)).toEqual([['a.jpg', 1, 5, [5, 1]]]);
  });

  it('lists the regions of every computation of an image', async () => {
    const store = await storeOf([
      classifiedRow('a.jpg', { regions: [embedded(5)] }),
      classifiedRow('a.jpg', { regions: [embedded(6)], preprocess: 'with-more-regions' }),
      classifiedRow('a.jpg', { regions: [embedded(7)], model: 'other@0123456789ab' }),
      classifiedRow('a.jpg', { preprocess: 'without-regions' }),
    ]);
    const results = await opened(store, withEmbeddings);
    const sql = 'select model, preprocess, x, embedding[1]::int from regions order by x';
    expect(await rowsOf(results, sql)).toEqual([
      ['googlenet@0123456789ab', 'fedcba9876543210', 5, 5],
      ['googlenet@0123456789ab', 'with-more-regions', 6, 6],
      ['other@0123456789ab', 'fedcba9876543210', 7, 7],
    ]);
  });

  it('marks the regions of deleted images', async () => {
    const store = await storeOf([
      classifiedRow('a.jpg', { regions: [embedded(5)] }),
      classifiedRow('b.jpg', { regions: [embedded(6)] }),
      deletedRow('a.jpg'),
    ]);
    expect(await rowsOf(await opened(store, withEmbeddings), 'select key, status from regions order by key')).toEqual([
      ['a.jpg', 'deleted'],
      ['b.jpg', 'classified'],
    ]);
  });

  it('has a null embedding for a region whose embedding is not stored', async () => {
    const store = await storeOf([classifiedRow('a.jpg', { regions: [embedded(5)] })]);
    await rm(join(store, 'regions'), { recursive: true });
    expect(await rowsOf(await opened(store, withEmbeddings), embeddings)).toEqual([['a.jpg', 1, 5, null]]);
  });

  it('names a damaged part of embeddings, and does not read it unless they are needed', async () => {
    const store = await storeOf([classifiedRow('a.jpg', { regions: [embedded(5)] })]);
    const [name = ''] = await readdir(join(store, 'regions'), { recursive: true }).then((names) =>
      names.filter((each) => each.endsWith('.parquet')),
    );
    await writeFile(join(store, 'regions', name), 'damaged');
    expect(await rowsOf(await opened(store), boxes)).toEqual([['a.jpg', 1, 5]]);
    await expect(openResults({ kind: 'folder', path: store }, withEmbeddings)).rejects.toThrow(
      `${join(store, 'regions', name)} is damaged`,
    );
    await writeFile(join(store, 'regions', 'other.parquet'), 'no Parquet');
    await rm(join(store, 'regions', name));
    await expect(openResults({ kind: 'folder', path: store }, withEmbeddings)).rejects.toThrow(
      `${join(store, 'regions', 'other.parquet')} is damaged or not a Parquet file`,
    );
  });

  it('denies a confined query the files of embeddings unless they were opened', async () => {
    const store = await storeOf([classifiedRow('a.jpg', { regions: [embedded(5)] })]);
    const results = await opened(store, withEmbeddings);
    await results.confine();
    expect(await rowsOf(results, embeddings)).toEqual([['a.jpg', 1, 5, [5, 1]]]);
    const without = await opened(store);
    await without.confine();
    await expect(rowsOf(without, `from read_parquet('${store}/regions/*/*.parquet')`)).rejects.toThrow(/Permission/);
  });
});
