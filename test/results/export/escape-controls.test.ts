import { expect, it } from 'vitest';
import { escapeControls } from '../../../results/export/escape-controls.ts';

it.each([
  ['an escape sequence', 'a\u001b[2J.jpg', String.raw`a\u001b[2J.jpg`],
  ['line breaks and tabs', 'a\n\r\tb', String.raw`a\n\r\tb`],
  ['DEL', 'a\u007f', String.raw`a\u007f`],
  ['a C1 control that opens an escape sequence', '\u009b2J', String.raw`\u009b2J`],
  ['an override of the direction', 'a\u202egpj.exe', String.raw`a\u202egpj.exe`],
  ['an isolate and a mark', '\u2067a\u2069\u200f', String.raw`\u2067a\u2069\u200f`],
  ['invisible characters', '\u200b\ufeff\u00ad', String.raw`\u200b\ufeff\u00ad`],
  ['invisible separators and annotations', '\u180e\ufff9\u034f', String.raw`\u180e\ufff9\u034f`],
  ['blank letters', '\u115f\u3164\u2800', String.raw`\u115f\u3164\u2800`],
  ['invisible tags, as in JSON', '\u{e0061}', String.raw`\udb40\udc61`],
])('escapes %s', (_name, text, expected) => {
  expect(escapeControls(text)).toBe(expected);
});

it.each(['grün/日本 🦊.jpg', '👩‍👩‍👧.jpg', '❤️.jpg', 'می‌خواهم', 'שלום', 'back\\slash'])('%s stays', (text) => {
  expect(escapeControls(text)).toBe(text);
});
