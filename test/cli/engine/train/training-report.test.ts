import { expect, it } from 'vitest';
import { reportOf } from '../../../../cli/engine/train/training-report.ts';
import { displayLabel } from '../../../../shared/models/label-name.ts';
import { historyOf } from '../../../model/train/report/history.ts';

const labels = [
  { id: 'n01440764', name: 'tench, Tinca tinca' },
  { id: 'n02012849', name: 'crane' },
  { id: 'n03126707', name: 'crane' },
];
const images = (classes: number[]) => ({ classes: Uint16Array.from(classes), images: { count: classes.length } });
const data = { labels, leftOut: [], train: images([0, 1, 1, 2, 2]), validation: images([]), test: images([0, 1, 2]) };
const trained = {
  ...({ parameters: 1, trained: 1, provider: 'cpu', updates: 1, history: historyOf([1]) } as const),
  test: { accuracy: 1 / 3, loss: 1, images: 3, predicted: Uint16Array.of(2, 2, 2) },
};

it('names synsets by their first name, and equal names with their ids, in a report for people', () => {
  const { alone, test } = reportOf(data, trained, 'lenet5@ba9876543210', displayLabel);
  expect(alone).toEqual(['tench']);
  expect(test?.mistakes).toEqual([
    { label: 'tench', given: 'crane (n03126707)', images: 1 },
    { label: 'crane (n02012849)', given: 'crane (n03126707)', images: 1 },
  ]);
});

it('keeps the whole labels for JSON', () => {
  expect(reportOf(data, trained, 'lenet5@ba9876543210').alone).toEqual(['tench, Tinca tinca']);
});
