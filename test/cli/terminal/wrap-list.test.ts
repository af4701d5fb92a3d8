import { expect, it } from 'vitest';
import { wrapList } from '../../../cli/terminal/wrap-list.ts';

it('a list that fits is one line', () => {
  expect(wrapList('Labels: ', ['bag 1', 'coat 2'])).toEqual(['Labels: bag 1, coat 2']);
});

it('a longer list is wrapped between its items, and an item is never cut', () => {
  const items = ['a'.repeat(30), 'b'.repeat(30), 'c'.repeat(30), 'd'.repeat(90)];
  const lines = wrapList('Labels: ', items);
  expect(lines).toEqual([`Labels: ${items[0]}, ${items[1]},`, `  ${items[2]},`, `  ${items[3]}`]);
});
