import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openResults, type Results } from '../../../../results/open/open-results.ts';
import { nearestRegions } from '../../../../results/similar/regions/nearest-regions.ts';
import { readRegion } from '../../../../results/similar/regions/read-region.ts';
import { chooseRegions } from '../../../../results/similar/regions/stored-regions.ts';
import type { ResultRow } from '../../../../shared/rows/row.ts';
import { cosineOf, embeddingFor } from '../../../support/embedded-rows.ts';
import { classifiedRow, deletedRow, storedRegion } from '../../../support/result-rows.ts';
import { storeOf } from '../../../support/stores.ts';

const space = { model: 'googlenet@0123456789ab', preprocess: 'fedcba9876543210' };

async function regionsOf(...parts: ResultRow[][]): Promise<Results> {
  const results = await openResults({ kind: 'folder', path: await storeOf(...parts) }, { regionEmbeddings: true });
  onTestFinished(() => results.close());
  return results;
}

const region = (number: number, changes: Parameters<typeof storedRegion>[0] = {}) =>
  storedRegion({ x: number, embedding: embeddingFor(number), ...changes });

describe('the nearest regions', () => {
  it('are those with the highest cosine of all images, with their boxes and labels', async () => {
    const rows = Array.from({ length: 40 }, (_, index) =>
      classifiedRow(`${index}.jpg`, { regions: [region(3 * index), region(3 * index + 1), region(3 * index + 2)] }),
    );
    const query = embeddingFor(1000);
    const hits = await nearestRegions(await regionsOf(rows.slice(0, 7), rows.slice(7)), space, query, { limit: 5 });
    const expected = Array.from({ length: 120 }, (_, number) => ({
      ...{ key: `${Math.floor(number / 3)}.jpg`, region: (number % 3) + 1, x: number },
      similarity: cosineOf(embeddingFor(number), query),
    }))
      .toSorted((a, b) => b.similarity - a.similarity)
      .slice(0, 5);
    expect(hits).toMatchObject(expected.map((hit) => ({ ...hit, similarity: expect.closeTo(hit.similarity, 5) })));
    expect(hits[0]).toMatchObject({ label: 'tench', label_id: 'n01440764', width: 200, height: 150, bucket: 'drop' });
  });

  it('are each found once, of the latest row of an image that is not deleted', async () => {
    const later = { classified_at: new Date('2026-03-01T12:00:00Z') };
    const results = await regionsOf(
      [classifiedRow('a.jpg', { regions: [region(1), region(2)] })],
      [classifiedRow('a.jpg', { regions: [region(1), region(2)] })],
      // A later delivery kept one region less.
      [classifiedRow('b.jpg', { regions: [region(1), region(3)] })],
      [classifiedRow('b.jpg', { regions: [region(1)], ...later })],
      [classifiedRow('gone.jpg', { regions: [region(1)] }), deletedRow('gone.jpg')],
      [classifiedRow('other.jpg', { regions: [region(1)], preprocess: 'other' })],
      [classifiedRow('none.jpg', { regions: [] }), classifiedRow('without.jpg')],
    );
    const hits = await nearestRegions(results, space, embeddingFor(1), { limit: 10 });
    expect(hits.map(({ key, x }) => [key, x])).toEqual([
      ['a.jpg', 1],
      ['b.jpg', 1],
      ['a.jpg', 2],
    ]);
    expect(hits[0]?.similarity).toBeCloseTo(1, 5);
  });

  it('are selected by job, label, image and similarity', async () => {
    const goldfish = { label: 'goldfish', label_id: 'n01443537' };
    const results = await regionsOf([
      classifiedRow('a.jpg', { regions: [region(1), region(2, goldfish)] }),
      classifiedRow('b.jpg', { job: 'b', regions: [region(1), region(2, goldfish)] }),
    ]);
    const keysOf = async (search: object) =>
      (await nearestRegions(results, space, embeddingFor(1), { limit: 10, ...search })).map(({ key, x }) => [key, x]);
    expect(await keysOf({ job: 'b' })).toEqual([
      ['b.jpg', 1],
      ['b.jpg', 2],
    ]);
    expect(await keysOf({ label: 'goldfish', limit: 1 })).toEqual([['a.jpg', 2]]);
    expect(await keysOf({ except: 'drop/a.jpg@e1' })).toEqual([
      ['b.jpg', 1],
      ['b.jpg', 2],
    ]);
    expect(await keysOf({ min: 0.9999 })).toEqual([
      ['a.jpg', 1],
      ['b.jpg', 1],
    ]);
  });

  it('leave out embeddings without a direction, and reject such a query', async () => {
    const zeros = new Float32Array(16);
    const results = await regionsOf([
      classifiedRow('a.jpg', { regions: [region(1), region(2, { embedding: zeros })] }),
    ]);
    expect(await nearestRegions(results, space, embeddingFor(5), { limit: 10 })).toHaveLength(1);
    await expect(nearestRegions(results, space, zeros, { limit: 1 })).rejects.toThrow('it has no direction');
    await expect(nearestRegions(results, space, Float32Array.of(1), { limit: 1 })).rejects.toThrow(
      'give an embedding of 16 numbers, not 1',
    );
  });

  it('are not searched in a store that was copied without the embeddings of regions', async () => {
    const path = await storeOf([classifiedRow('a.jpg', { regions: [region(1)] })]);
    await rm(join(path, 'regions'), { recursive: true });
    const results = await openResults({ kind: 'folder', path }, { regionEmbeddings: true });
    onTestFinished(() => results.close());
    await expect(nearestRegions(results, space, embeddingFor(1), { limit: 1 })).rejects.toMatchObject({
      name: 'UserError',
      message: `the embeddings of regions of ${space.model} are missing: copy the folder regions/ of the store too`,
    });
  });

  it('are those of a region of the results by its box, which must have a stored embedding', async () => {
    const store = await storeOf([classifiedRow('a.jpg', { regions: [region(7), region(3)] })]);
    const row = classifiedRow('a.jpg');
    const read = async (x: number) => {
      const results = await openResults({ kind: 'folder', path: store }, { regionEmbeddings: true });
      onTestFinished(() => results.close());
      const { y, width, height } = region(x);
      return readRegion(results, space, row.image_id, { x, y, width, height });
    };
    expect(await read(3)).toEqual(embeddingFor(3));
    const box = (x: number) => [x, region(x).y, 200, 150].join();
    await expect(read(4)).rejects.toThrow(
      `no region ${box(4)} of ${row.image_id}: its regions are ${box(7)} ${box(3)}`,
    );
    await rm(join(store, 'regions'), { recursive: true });
    await expect(read(3)).rejects.toThrow(
      `the embedding of region ${box(3)} of ${row.image_id} is missing: copy the folder`,
    );
  });

  it('are searched in the computation with the most regions, or the chosen model', async () => {
    const results = await regionsOf([
      classifiedRow('a.jpg', { regions: [region(1), region(2)] }),
      classifiedRow('a.jpg', { preprocess: 'other', regions: [region(1), region(2), region(3)] }),
      classifiedRow('a.jpg', { model: 'tiny@abc', regions: [region(1)] }),
    ]);
    const chosen = await chooseRegions(results, {}, 'the store');
    expect(chosen).toMatchObject({ preprocess: 'other', regions: 3, others: [space, { model: 'tiny@abc' }] });
    expect(await chooseRegions(results, { among: [space] }, 'the store')).toMatchObject({ ...space, regions: 2 });
    expect(await chooseRegions(results, { model: 'tiny' }, 'the store')).toMatchObject({ model: 'tiny@abc' });
    await expect(chooseRegions(results, { model: 'tin' }, 'the store')).resolves.toMatchObject({ model: 'tiny@abc' });
    await expect(chooseRegions(results, { model: 'x' }, 'the store')).rejects.toThrow('--embedding-model x matches no');
    const none = await regionsOf([classifiedRow('a.jpg')]);
    await expect(chooseRegions(none, {}, 'the store')).rejects.toThrow('no region of an image in the store was kept');
  });
});
