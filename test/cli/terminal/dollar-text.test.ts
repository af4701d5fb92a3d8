import { expect, it } from 'vitest';
import { centsText, dollarText } from '../../../cli/terminal/dollar-text.ts';

it.each([
  [0, '$0.00', '0.00'],
  [0.0049, 'less than $0.01', '<0.01'],
  [0.005, '$0.01', '0.01'],
  [12.346, '$12.35', '12.35'],
])('%d dollars, and what rounds to nothing is not free', (dollars, text, cents) => {
  expect([dollarText(dollars), centsText(dollars)]).toEqual([text, cents]);
});
