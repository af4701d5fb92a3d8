import { afterEach, expect, it, vi } from 'vitest';
import { printFailures } from '../../../cli/terminal/print-failures.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

it('says that a queue has no dead letters', () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const empty = { url: 'http://aws/dead', reasons: [], unreadable: 0, finished: 0, others: 0, more: false };
  const letters = [empty, { ...empty, unreadable: 2 }, { ...empty, more: true }];
  printFailures({ images: 0, reasons: [] }, letters, { filter: {}, columns: undefined });
  expect(log.mock.calls.map(([line]) => line)).toEqual([
    'No images were rejected.',
    'No dead letters in http://aws/dead',
    ...['Dead letters in http://aws/dead', '2 of them unreadable', ''],
    ...['Dead letters in http://aws/dead, only some of them counted', ''],
  ]);
});
