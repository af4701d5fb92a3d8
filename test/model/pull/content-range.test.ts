import { expect, it } from 'vitest';
import { parseContentRange } from '../../../model/pull/content-range.ts';

it.each([
  ['bytes 5-9/10', { start: 5, total: 10 }],
  ['bytes 0-9/*', { start: 0, total: undefined }],
])('parses a content range: %s', (header, range) => {
  expect(parseContentRange(header)).toEqual(range);
});

it.each([null, '', 'bytes */10', 'items 0-9/10', 'bytes 5-'])('rejects the content range %s', (header) => {
  expect(parseContentRange(header)).toBeUndefined();
});
