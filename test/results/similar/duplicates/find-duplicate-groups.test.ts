import { describe, expect, it } from 'vitest';
import { findDuplicateGroups } from '../../../../results/similar/duplicates/find-duplicate-groups.ts';
import { embeddedRows, embeddingFor } from '../../../support/embedded-rows.ts';
import { classifiedRow, deletedRow } from '../../../support/result-rows.ts';
import { appendTo, opened, storeOf } from '../../../support/stores.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** An image whose embedding is close to that of a number. */
const near = (name: string, number: number, off = 0.01) =>
  classifiedRow(`${name}.jpg`, {
    embedding: embeddingFor(number).map((value, index) => value + (index === 3 ? off : 0)),
  });

describe.each([
  { how: 'exact', exactUpTo: 1_000_000 },
  { how: 'indexed', exactUpTo: 0 },
] as const)('near-duplicates, $how', ({ how, exactUpTo }) => {
  const groupsOf = async (path: string, min = 0.98, cacheFolder?: string) =>
    findDuplicateGroups(await opened(path), {
      min,
      exactUpTo,
      cacheFolder: cacheFolder ?? temporaryFolder(),
      storeName: path,
      shardCapacity: 300,
    });
  const ids = ({ groups }: Awaited<ReturnType<typeof groupsOf>>) =>
    groups.map((group) => group.map(({ image_id }) => image_id.replace(/^drop\/(.*)\.jpg@e1$/, '$1')));

  it('are groups of linked images, largest first, starting with the most linked image', async () => {
    const path = await storeOf([
      ...embeddedRows(0, 700),
      near('b', 20),
      near('x', 650, 0.3),
      near('y', 650, -0.3),
      near('far', 40, 2),
    ]);
    const found = await groupsOf(path, 0.97);
    expect(found).toMatchObject({ how, images: 704, model: 'googlenet@0123456789ab' });
    const [largest, pair, ...others] = ids(found);
    expect(largest?.[0]).toBe('650');
    expect(largest?.toSorted()).toEqual(['650', 'x', 'y']);
    expect(pair?.toSorted()).toEqual(['20', 'b']);
    expect(others).toEqual([]);
    for (const { similarity } of found.groups.flat()) expect(similarity).toBeGreaterThanOrEqual(0.97);
  });

  it('are empty if no image is similar to another', async () => {
    expect(ids(await groupsOf(await storeOf(embeddedRows(0, 200))))).toEqual([]);
  });

  it('are one group for five hundred copies of an image', async () => {
    const copies = Array.from({ length: 500 }, (_, copy) => near(`copy-${copy}`, 7, 0));
    const [group, ...others] = ids(await groupsOf(await storeOf([...embeddedRows(0, 50), ...copies])));
    expect(group).toHaveLength(501);
    expect(others).toEqual([]);
  });

  it('are found after many copies were deleted', async () => {
    const copies = Array.from({ length: 30 }, (_, copy) => `copy-${copy}`);
    const path = await storeOf([
      ...embeddedRows(0, 50),
      ...[7, 20].map((number) => near(`pair-${number}`, number)),
      ...copies.map((name) => near(name, 7, 0)),
    ]);
    const cacheFolder = temporaryFolder();
    await groupsOf(path, 0.98, cacheFolder);
    await appendTo(path, [copies.map((name) => deletedRow(`${name}.jpg`))]);
    const found = await groupsOf(path, 0.98, cacheFolder);
    expect(found.images).toBe(52);
    expect(ids(found).map((group) => group.toSorted())).toEqual([
      ['20', 'pair-20'],
      ['7', 'pair-7'],
    ]);
  });

  it('are one group even if the first neighbors of each image are in one part of it', async () => {
    const circles = [-0.15, 0, 0.15].flatMap((middle, circle) =>
      Array.from({ length: 20 }, (_, copy) => near(`${circle}-${copy}`, 7, middle + copy / 10_000)),
    );
    const [group, ...others] = ids(await groupsOf(await storeOf([...embeddedRows(20, 50), ...circles])));
    expect(group).toHaveLength(60);
    expect(others).toEqual([]);
  });
});
