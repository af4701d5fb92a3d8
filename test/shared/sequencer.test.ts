import { expect, it } from 'vitest';
import { compareSequencers } from '../../shared/sequencer.ts';

it.each([
  ['0055AED6DCD90281E5', '0055AED6DCD90281E6', -1],
  ['0055AED6DCD90281E6', '0055AED6DCD90281E5', 1],
  ['A', 'A', 0],
  ['FF', '100', -1],
  ['100', 'FF', 1],
  ['0FF', 'FF', 0],
])('orders the sequencers %s and %s', (a, b, expected) => {
  expect(compareSequencers(a, b)).toBe(expected);
});
