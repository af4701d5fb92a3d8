import { expect, it } from 'vitest';
import { messageJson } from '../../../shared/events/message-json.ts';

it('writes JSON with none of the characters that a queue refuses, and loses none of them', () => {
  const value = { key: '🦊 \u0000\u001F\uFFFE\uFFFF grün 日本\t\n"\\' };
  const text = messageJson(value);
  // What SQS takes within the first 65,536 characters.
  expect(text).toMatch(/^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD]*$/);
  expect(text).toContain('grün 日本');
  expect(JSON.parse(text)).toEqual(value);
});
