import { afterEach, expect, it, vi } from 'vitest';
import { printRelabel } from '../../../cli/terminal/print-relabel.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

it.each([
  [1, '1 image rejected again because of its content'],
  [2, '2 images rejected again because of their content'],
])('says why images are rejected again: %i', (rejected, line) => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const counts = { total: 5, done: 0, labelled: 5 - rejected, rejected, untried: 0, otherwise: 0 };
  const names = { model: 'flowers@2', from: ['googlenet@1'], store: 'store' };
  printRelabel({ ...names, ...counts, seconds: 1, interrupted: false }, {});
  expect(log.mock.calls.map(([text]) => text)).toContain(line);
});
