import { expect, it } from 'vitest';
import { messageJson } from '../../../shared/events/message-json.ts';

it('escapes the characters that a queue rejects, and keeps them all', () => {
  const value = { key: '🦊 \u0000\u001F\uFFFE\uFFFF grün 日本\t\n"\\' };
  const text = messageJson(value);
  // The characters up to U+FFFF that SQS accepts.
  expect(text).toMatch(/^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD]*$/);
  expect(text).toContain('grün 日本');
  expect(JSON.parse(text)).toEqual(value);
});
