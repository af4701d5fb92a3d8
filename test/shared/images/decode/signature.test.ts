import { expect, it } from 'vitest';
import { mediaTypeOf } from '../../../../shared/images/decode/signature.ts';

const typeOf = (text: string) => mediaTypeOf(Buffer.from(text, 'latin1'));

it('an SVG is one behind as many comments as there are, a prefix or capitals', async () => {
  expect(await typeOf(`${'<!-- > -- -->\n'.repeat(200)}<svg:svg xmlns:svg="http://www.w3.org/2000/svg"/>`)).toBe(
    'image/svg+xml',
  );
  expect(await typeOf('  <SVG>')).toBe('image/svg+xml');
});

it('a text of many comments that is no SVG after all is told at once', async () => {
  const started = performance.now();
  expect(await typeOf(`${'<!---->'.repeat(580)}<p>`)).toBeUndefined();
  expect(performance.now() - started).toBeLessThan(500);
});

it('a word that begins as SVG is none', async () => {
  expect(await typeOf('<svgs>')).toBeUndefined();
  expect(await typeOf('an <svg> in a text')).toBeUndefined();
});

it.each(['II*\0', 'MM\0*', 'II+\0', 'MM\0+'])(
  'a TIFF that ends behind its first four bytes is a TIFF: %j',
  async (head) => {
    expect(await typeOf(`${head}\x08\0\0`)).toBe('image/tiff');
  },
);
