import { describe, expect, it } from 'vitest';
import { chooseModels, measureDrift } from '../../../results/questions/measure-drift.ts';
import { classifiedRow, deletedRow, rejectedRow } from '../../support/result-rows.ts';
import { opened, storeOf } from '../../support/stores.ts';

const { preprocess } = classifiedRow('');
const [from, to] = [
  { model: 'old@1', preprocess },
  { model: 'new@2', preprocess },
];
const early = new Date('2026-03-01T10:00:00Z');
const late = new Date('2026-03-02T10:00:00Z');

const older = (key: string, label: string, probability: number, embedding = [1, 0]) =>
  classifiedRow(key, {
    ...{ ...from, label, label_id: label, probability, embedding: Float32Array.from(embedding) },
    classified_at: early,
  });
const newer = (key: string, label: string, probability: number, embedding = [1, 0]) =>
  classifiedRow(key, {
    ...{ ...to, label, label_id: label, probability, embedding: Float32Array.from(embedding) },
    classified_at: late,
  });

describe('measureDrift', () => {
  it('tells how often two models agree, which labels became which, and what moved most', async () => {
    const path = await storeOf(
      [older('a', 'cat', 0.9), older('b', 'cat', 0.8), older('c', 'cat', 0.5), older('d', 'dog', 0.5)],
      [newer('a', 'cat', 0.7), newer('b', 'dog', 0.9, [0, 1]), newer('c', 'dog', 0.5), newer('d', 'dog', 0.5)],
    );
    const found = await measureDrift(await opened({ kind: 'folder', path }), from, to);
    expect(found).toMatchObject({ from, to, images: 4, same: 2, sharesLabels: true, compared: 4, others: [] });
    expect(found.probabilityChange).toBeCloseTo((0.2 + 0.1) / 4, 5);
    expect(found.cosine).toBeCloseTo(3 / 4, 5);
    expect(found.labels).toEqual([
      { label: 'cat', images: 3, same: 1 },
      { label: 'dog', images: 1, same: 1 },
    ]);
    expect(found.transitions).toEqual([{ from: 'cat', to: 'dog', images: 2 }]);
    expect(found.moved.map(({ key, from: one, to: other }) => [key, one, other])).toEqual([
      ['b', 'cat', 'dog'],
      ['c', 'cat', 'dog'],
    ]);
  });

  it('tells labels apart that have the same name, by their ids', async () => {
    const id = (label_id: string) => ({ label: 'crane', label_id });
    const [bird, machine] = [id('n02012849'), id('n03126707')];
    const path = await storeOf(
      [
        { ...older('a', 'cat', 0.9), ...bird },
        { ...older('b', 'cat', 0.9), ...bird },
        { ...older('c', 'cat', 0.9), ...machine },
        older('d', 'dog', 0.9),
      ],
      [
        { ...newer('a', 'cat', 0.9), ...bird },
        { ...newer('b', 'cat', 0.9), ...machine },
        { ...newer('c', 'cat', 0.9), ...machine },
        newer('d', 'dog', 0.9),
      ],
    );
    const found = await measureDrift(await opened({ kind: 'folder', path }), from, to);
    expect(found.labels).toEqual([
      { label: 'crane (n02012849)', images: 2, same: 1 },
      { label: 'crane (n03126707)', images: 1, same: 1 },
      { label: 'dog', images: 1, same: 1 },
    ]);
    const pair = { from: 'crane (n02012849)', to: 'crane (n03126707)' };
    expect(found.transitions).toEqual([{ ...pair, images: 1 }]);
    expect(found.moved).toMatchObject([{ key: 'b', ...pair }]);
  });

  it('counts images that one of the two did not classify by what became of them, and none that were deleted', async () => {
    const path = await storeOf(
      [older('a', 'cat', 0.9), older('b', 'cat', 0.9), older('c', 'cat', 0.9), older('gone', 'cat', 0.9)],
      [newer('a', 'cat', 0.9), rejectedRow('b', to), newer('d', 'dog', 0.5), newer('gone', 'dog', 0.9)],
      [deletedRow('gone', from)],
    );
    const found = await measureDrift(await opened({ kind: 'folder', path }), from, to);
    expect(found.images).toBe(1);
    expect(found.others.toSorted((one, other) => (one.from + one.to < other.from + other.to ? -1 : 1))).toEqual([
      { from: 'classified', to: 'none', images: 1 },
      { from: 'classified', to: 'rejected', images: 1 },
      { from: 'none', to: 'classified', images: 1 },
    ]);
  });

  it('makes a cross-tabulation of labels that have nothing in common, and compares no embeddings of other sizes', async () => {
    const path = await storeOf(
      [older('a', 'tabby', 0.9), older('b', 'beagle', 0.8)],
      [newer('a', 'mine', 0.7, [1, 0, 0]), newer('b', 'yours', 0.9, [1, 0, 0])],
    );
    const found = await measureDrift(await opened({ kind: 'folder', path }), from, to);
    expect(found).toMatchObject({ sharesLabels: false, same: 0, cosine: null, compared: 0, moved: [] });
    expect(found.transitions).toHaveLength(2);
  });

  it('says that no image is in common', async () => {
    const path = await storeOf([older('a', 'cat', 0.9)], [newer('b', 'cat', 0.7)]);
    const found = await measureDrift(await opened({ kind: 'folder', path }), from, to);
    expect(found).toMatchObject({ images: 0, same: 0, probabilityChange: null, cosine: null, labels: [] });
  });
});

describe('chooseModels', () => {
  it('takes the only two there are, the older one first, or those whose names begin as asked for', async () => {
    const two = await opened({
      kind: 'folder',
      path: await storeOf([newer('a', 'cat', 0.9)], [older('a', 'cat', 0.9)]),
    });
    expect(await chooseModels(two, {})).toEqual({ from, to });
    expect(await chooseModels(two, { from: 'new' })).toEqual({ from: to, to: from });
    expect(await chooseModels(two, { to: 'old@1' })).toEqual({ from: to, to: from });
    await expect(chooseModels(two, { from: 'x' })).rejects.toThrow(/--from <model>.*got x, .*old@1.*new@2/);

    const other = older('a', 'cat', 0.9);
    const three = await opened({
      kind: 'folder',
      path: await storeOf([other, { ...other, preprocess: 'crops' }, newer('a', 'cat', 0.9)]),
    });
    await expect(chooseModels(three, {})).rejects.toThrow('expected results of two models');
    await expect(chooseModels(three, { from: 'old@1', to: 'new' })).rejects.toThrow('with which 2 begin');
    expect(await chooseModels(three, { from: 'old@1/crops', to: 'new' })).toEqual({
      from: { model: 'old@1', preprocess: 'crops' },
      to,
    });
  });
});
