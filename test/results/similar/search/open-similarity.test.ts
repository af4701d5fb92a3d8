import { describe, expect, it } from 'vitest';
import { cosineOf, embeddedRows, embeddingFor, nearestRows } from '../../../support/embedded-rows.ts';
import { similarityIn } from '../../../support/open-similarity.ts';
import { classifiedRow, deletedRow, rejectedRow } from '../../../support/result-rows.ts';
import { storeOf } from '../../../support/stores.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const unit = (at: number) => Float32Array.from({ length: 16 }, (_, index) => (index === at ? 1 : 0));
const kinds = [
  { how: 'exact', exactUpTo: 1_000_000 },
  { how: 'indexed', exactUpTo: 0 },
] as const;

describe.each(kinds)('$how search', ({ how, exactUpTo }) => {
  const options = () => ({ cacheFolder: temporaryFolder(), exactUpTo });

  it('finds the nearest neighbors, most similar first', async () => {
    const rows = embeddedRows(0, 700);
    const similarity = await similarityIn(await storeOf(rows.slice(0, 500), rows.slice(500)), options());
    expect(similarity).toMatchObject({ how, images: 700, dimensions: 16, model: 'googlenet@0123456789ab' });
    for (const number of [3, 650, 9999]) {
      const expected = nearestRows(rows, embeddingFor(number), 10);
      const hits = await similarity.nearest(embeddingFor(number), { limit: 10 });
      expect(hits.map(({ image_id }) => image_id)).toEqual(expected.map(({ image_id }) => image_id));
      for (const [index, hit] of hits.entries()) {
        expect(hit.similarity).toBeCloseTo(expected[index]?.similarity ?? Number.NaN, how === 'exact' ? 6 : 2);
      }
    }
  });

  it('omits the image itself if it is searched by id', async () => {
    const rows = embeddedRows(0, 40);
    const similarity = await similarityIn(await storeOf(rows), options());
    const [first] = await similarity.nearestTo('drop/7.jpg@e1', { limit: 1 });
    expect(first?.image_id).toBe(nearestRows(rows, embeddingFor(7), 2)[1]?.image_id);
    expect(await similarity.nearestTo('drop/7.jpg@e1', { limit: 100 })).toHaveLength(39);
    await expect(similarity.nearestTo('drop/none.jpg@e1', { limit: 1 })).rejects.toThrow(
      'no embedding of drop/none.jpg@e1 by googlenet@0123456789ab',
    );
  });

  it('omits deleted and rejected images and other models, and finds each image once', async () => {
    const path = await storeOf(
      [...embeddedRows(0, 5), rejectedRow('no.jpg'), ...embeddedRows(0, 3, { model: 'other@0123456789ab' })],
      [...embeddedRows(0, 2), deletedRow('4.jpg')],
    );
    const similarity = await similarityIn(path, options());
    const hits = await similarity.nearest(embeddingFor(0), { limit: 100 });
    expect(hits.map(({ image_id }) => image_id).toSorted()).toEqual(
      ['0', '1', '2', '3'].map((name) => `drop/${name}.jpg@e1`),
    );
    expect(similarity.images).toBe(4);
  });

  it('omits embeddings of zeros, with NaN, or of another length', async () => {
    const path = await storeOf([
      ...embeddedRows(0, 4),
      classifiedRow('zeros.jpg', { embedding: new Float32Array(16) }),
      classifiedRow('nan.jpg', { embedding: unit(0).fill(Number.NaN, 3) }),
      classifiedRow('short.jpg', { embedding: Float32Array.of(1, 2) }),
    ]);
    const similarity = await similarityIn(path, options());
    expect(await similarity.nearest(unit(0), { limit: 100 })).toHaveLength(4);
  });

  it('gives similarities from 1 to -1', async () => {
    const [a, b] = [unit(1), unit(1).map((value) => value * -3)];
    const path = await storeOf([
      classifiedRow('a.jpg', { embedding: a }),
      classifiedRow('b.jpg', { embedding: b }),
      classifiedRow('c.jpg', { embedding: embeddingFor(5) }),
    ]);
    const hits = await (await similarityIn(path, options())).nearest(a, { limit: 3 });
    expect(hits.map(({ similarity }) => similarity)).toEqual([1, expect.closeTo(cosineOf(a, embeddingFor(5)), 2), -1]);
  });

  it('searches the images of one job or label', async () => {
    const path = await storeOf([
      ...embeddedRows(0, 30),
      ...embeddedRows(30, 33, { job: 'birds', label: 'heron', label_id: 'n1' }),
    ]);
    const similarity = await similarityIn(path, options());
    const ids = ['30', '31', '32'].map((name) => `drop/${name}.jpg@e1`);
    for (const filter of [{ job: 'birds' }, { label: 'heron' }, { label: 'n1' }]) {
      const hits = await similarity.nearest(embeddingFor(0), { limit: 10, ...filter });
      expect(hits.map(({ image_id }) => image_id).toSorted()).toEqual(ids);
    }
    expect(await similarity.nearest(embeddingFor(0), { limit: 10, job: 'birds', label: 'tench' })).toEqual([]);
  });

  it('refuses an embedding of another length, of zeros or with NaN', async () => {
    const similarity = await similarityIn(await storeOf(embeddedRows(0, 3)), options());
    const cases: [Float32Array, string][] = [
      [Float32Array.of(1, 2), 'give an embedding of 16 numbers, not 2'],
      [new Float32Array(16), 'the embedding is all zeros'],
      [unit(0).fill(Number.NaN, 2), 'the embedding contains NaN or infinite numbers'],
    ];
    for (const [embedding, message] of cases) {
      await expect(similarity.nearest(embedding, { limit: 1 })).rejects.toThrow(message);
    }
  });
});

describe('openSimilarity', () => {
  it('searches the model with the most images, or the given one', async () => {
    const path = await storeOf([...embeddedRows(0, 2), ...embeddedRows(0, 3, { model: 'other@0123456789ab' })]);
    const cacheFolder = temporaryFolder();
    expect(await similarityIn(path, { cacheFolder })).toMatchObject({ model: 'other@0123456789ab', images: 3 });
    const named = await similarityIn(path, { cacheFolder, model: 'googlenet@0123456789ab' });
    expect(named).toMatchObject({ model: 'googlenet@0123456789ab', images: 2 });
  });

  it('searches the model used last if several have as many images', async () => {
    const at = (day: number) => ({ classified_at: new Date(Date.UTC(2026, 2, day)) });
    const rows = ['a.jpg', 'b.jpg'].flatMap((key) => [
      classifiedRow(key, { model: 'old@1', embedding: unit(0), ...at(1) }),
      classifiedRow(key, { model: 'googlenet@2', embedding: unit(0), ...at(3) }),
      classifiedRow(key, { model: 'googlenet-int8@3', embedding: unit(0), ...at(2) }),
    ]);
    const similarity = await similarityIn(await storeOf(rows), { cacheFolder: temporaryFolder() });
    expect(similarity.model).toBe('googlenet@2');
    expect(similarity.others.map(({ model }) => model)).toEqual(['googlenet-int8@3', 'old@1']);
  });

  it('lists the available models if the given one is missing', async () => {
    const path = await storeOf([...embeddedRows(0, 2), ...embeddedRows(0, 3, { model: 'other@0123456789ab' })]);
    const cacheFolder = temporaryFolder();
    await expect(similarityIn(path, { cacheFolder, model: 'none@0' })).rejects.toThrow(
      `no embeddings of model none@0 in ${path}; available: other@0123456789ab, googlenet@0123456789ab`,
    );
    await expect(similarityIn(path, { cacheFolder, model: 'other@0123456789ab', preprocess: 'feed' })).rejects.toThrow(
      `no embeddings of preprocessing feed in ${path}; available: fedcba9876543210`,
    );
  });

  it('says how to create embeddings if there are none', async () => {
    const cacheFolder = temporaryFolder();
    const empty = temporaryFolder();
    await expect(similarityIn(empty, { cacheFolder })).rejects.toThrow(
      `no embeddings in ${empty}: create them with "npx inception-batch run ./photos"`,
    );
    const rejected = await storeOf([rejectedRow('a.jpg')]);
    await expect(similarityIn(rejected, { cacheFolder })).rejects.toThrow(
      `no embeddings in ${rejected}: no image in it is classified`,
    );
  });
});
