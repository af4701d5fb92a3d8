import { describe, expect, it } from 'vitest';
import { measureDrift } from '../../../results/questions/measure-drift.ts';
import { displayLabel } from '../../../shared/models/label-name.ts';
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
  it('measures agreement, label changes, confidence and the cosine of embeddings', async () => {
    const path = await storeOf(
      [older('a', 'cat', 0.9), older('b', 'cat', 0.8), older('c', 'cat', 0.5), older('d', 'dog', 0.5)],
      [newer('a', 'cat', 0.7), newer('b', 'dog', 0.9, [0, 1]), newer('c', 'dog', 0.5), newer('d', 'dog', 0.5)],
    );
    const measured = await measureDrift(await opened(path), from, to);
    expect(measured).toMatchObject({ from, to, images: 4, same: 2, sharesLabels: true, compared: 4, others: [] });
    expect(measured.probabilityChange).toBeCloseTo((0.2 + 0.1) / 4, 5);
    expect(measured.cosine).toBeCloseTo(3 / 4, 5);
    expect(measured.labels).toEqual([
      { label: 'cat', images: 3, same: 1 },
      { label: 'dog', images: 1, same: 1 },
    ]);
    expect(measured.transitions).toEqual([{ from: 'cat', to: 'dog', images: 2 }]);
    expect(measured.moved.map(({ key, from: one, to: other }) => [key, one, other])).toEqual([
      ['b', 'cat', 'dog'],
      ['c', 'cat', 'dog'],
    ]);
  });

  it('compares embeddings that are stored next to rejected images, which have none', async () => {
    const rejected = [rejectedRow('n', from), rejectedRow('n', to)] as const;
    const path = await storeOf([older('a', 'cat', 0.9), rejected[0]], [newer('a', 'cat', 0.7, [1, 1]), rejected[1]]);
    const measured = await measureDrift(await opened(path), from, to);
    expect(measured).toMatchObject({ images: 1, compared: 1 });
    expect(measured.cosine).toBeCloseTo(Math.SQRT1_2, 5);
  });

  it('orders moved images by the confidence of the less confident model', async () => {
    const path = await storeOf(
      [
        older('same', 'dog', 0.5),
        older('one-is-sure', 'cat', 0.99),
        older('both-are-sure', 'cat', 0.8),
        older('neither-is-sure', 'cat', 0.6),
      ],
      [
        newer('same', 'dog', 0.5),
        newer('one-is-sure', 'dog', 0.5),
        newer('both-are-sure', 'dog', 0.7),
        newer('neither-is-sure', 'dog', 0.4),
      ],
    );
    const { moved } = await measureDrift(await opened(path), from, to);
    expect(moved.map(({ key }) => key)).toEqual(['both-are-sure', 'one-is-sure', 'neither-is-sure']);
  });

  it('shows the id of labels with the same name', async () => {
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
    const measured = await measureDrift(await opened(path), from, to);
    expect(measured.labels).toEqual([
      { label: 'crane (n02012849)', images: 2, same: 1 },
      { label: 'crane (n03126707)', images: 1, same: 1 },
      { label: 'dog', images: 1, same: 1 },
    ]);
    const pair = { from: 'crane (n02012849)', to: 'crane (n03126707)' };
    expect(measured.transitions).toEqual([{ ...pair, images: 1 }]);
    expect(measured.moved).toMatchObject([{ key: 'b', ...pair }]);
  });

  it('shows synsets by their first name, with the id where two have the same', async () => {
    const label = (label_id: string, text: string) => ({ label_id, label: text });
    const tench = label('n01440764', 'tench, Tinca tinca');
    const [suit, tank] = [label('n03710637', 'maillot'), label('n03710721', 'maillot, tank suit')];
    const path = await storeOf(
      [{ ...older('a', 'x', 0.9), ...tench }, { ...older('b', 'x', 0.9), ...suit }, older('c', 'red, blue', 0.9)],
      [{ ...newer('a', 'x', 0.9), ...tench }, { ...newer('b', 'x', 0.9), ...tank }, newer('c', 'red, blue', 0.9)],
    );
    const results = await opened(path);
    const shown = await measureDrift(results, from, to, displayLabel);
    expect(shown.labels.map(({ label: text }) => text).toSorted()).toEqual([
      'maillot (n03710637)',
      'red, blue',
      'tench',
    ]);
    expect(shown.transitions).toEqual([{ from: 'maillot (n03710637)', to: 'maillot (n03710721)', images: 1 }]);
    const whole = await measureDrift(results, from, to);
    expect(whole.transitions).toEqual([{ from: 'maillot', to: 'maillot, tank suit', images: 1 }]);
  });

  it('counts images that one model did not classify by both outcomes, without deleted images', async () => {
    const path = await storeOf(
      [older('a', 'cat', 0.9), older('b', 'cat', 0.9), older('c', 'cat', 0.9), older('gone', 'cat', 0.9)],
      [newer('a', 'cat', 0.9), rejectedRow('b', to), newer('d', 'dog', 0.5), newer('gone', 'dog', 0.9)],
      [deletedRow('gone', from)],
    );
    const measured = await measureDrift(await opened(path), from, to);
    expect(measured.images).toBe(1);
    expect(measured.others.toSorted((one, other) => (one.from + one.to < other.from + other.to ? -1 : 1))).toEqual([
      { from: 'classified', to: 'none', images: 1 },
      { from: 'classified', to: 'rejected', images: 1 },
      { from: 'none', to: 'classified', images: 1 },
    ]);
  });

  it('reports models without a label in common, and embeddings of different sizes, as not comparable', async () => {
    const path = await storeOf(
      [older('a', 'tabby', 0.9), older('b', 'beagle', 0.8)],
      [newer('a', 'mine', 0.7, [1, 0, 0]), newer('b', 'yours', 0.9, [1, 0, 0])],
    );
    const measured = await measureDrift(await opened(path), from, to);
    expect(measured).toMatchObject({ sharesLabels: false, same: 0, cosine: null, compared: 0, moved: [] });
    expect(measured.transitions).toHaveLength(2);
  });

  it('is empty without an image in common', async () => {
    const path = await storeOf([older('a', 'cat', 0.9)], [newer('b', 'cat', 0.7)]);
    const measured = await measureDrift(await opened(path), from, to);
    expect(measured).toMatchObject({ images: 0, same: 0, probabilityChange: null, cosine: null, labels: [] });
  });
});
