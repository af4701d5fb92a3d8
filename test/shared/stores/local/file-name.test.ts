import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeName, escapeNameBytes, pathOfKey } from '../../../../shared/stores/local/file-name.ts';

const folder = '/drop';
const bytesOf = (key: string) => Buffer.from(pathOfKey(folder, key)).subarray(folder.length + 1);

/** Bytes that are often invalid, or look like escapes. */
const name = fc
  .array(
    fc.oneof(
      fc
        .constantFrom('\\', 'x', '\\x', 'ff', '5c', '\\x5c', '\\xff', 'é', '🦊', '\uFFFD')
        .map((text) => Buffer.from(text)),
      fc.integer({ min: 0x80, max: 0xff }).map((byte) => Buffer.of(byte)),
      fc.integer({ min: 0x21, max: 0x2d }).map((byte) => Buffer.of(byte)),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => Buffer.concat(parts));

describe('the text of a file name', () => {
  it('gives its bytes again, whatever they are', () => {
    fc.assert(
      fc.property(name, (bytes) => {
        const text = escapeNameBytes(bytes);
        expect(text.isWellFormed()).toBe(true);
        expect(bytesOf(text).equals(bytes)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['ordinary.jpg', 'ordinary.jpg'],
    ['grün 🦊.jpg', 'grün 🦊.jpg'],
    [String.raw`back\slash.jpg`, String.raw`back\slash.jpg`],
    [String.raw`a\x41.jpg`, String.raw`a\x41.jpg`],
    [String.raw`a\xff.jpg`, String.raw`a\x5cxff.jpg`],
  ])('of %s is %s', (text, expected) => {
    expect(escapeName(text)).toBe(expected);
    expect(escapeNameBytes(Buffer.from(text))).toBe(expected);
    expect(pathOfKey(folder, expected)).toBe(`${folder}/${text}`);
  });

  it('shows each byte that is not UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from('caf'),
      Buffer.of(0xe9),
      Buffer.from('é'),
      Buffer.of(0xf0, 0x9f),
      Buffer.from('.jpg'),
    ]);
    expect(escapeNameBytes(bytes)).toBe(String.raw`caf\xe9é\xf0\x9f.jpg`);
  });
});
