import { expect, it } from 'vitest';
import { mediaTypeOf } from '../../../../shared/images/decode/signature.ts';
import { processorTime } from '../../../support/processor-time.ts';

const typeOf = (text: string) => mediaTypeOf(Buffer.from(text, 'latin1'));

it('an SVG is recognized after many comments, with a prefix and in capitals', async () => {
  expect(await typeOf(`${'<!-- > -- -->\n'.repeat(200)}<svg:svg xmlns:svg="http://www.w3.org/2000/svg"/>`)).toBe(
    'image/svg+xml',
  );
  expect(await typeOf('  <SVG>')).toBe('image/svg+xml');
});

it('a text of many comments without an SVG is recognized quickly', async () => {
  const comments = `${'<!---->'.repeat(580)}<p>`;
  expect(await processorTime(async () => expect(await typeOf(comments)).toBeUndefined())).toBeLessThan(1000);
});

it('an element whose name only starts with svg is not an SVG', async () => {
  expect(await typeOf('<svgs>')).toBeUndefined();
  expect(await typeOf('an <svg> in a text')).toBeUndefined();
});

it.each(['II*\0', 'MM\0*', 'II+\0', 'MM\0+'])('a TIFF truncated after its first bytes is a TIFF: %j', async (head) => {
  expect(await typeOf(`${head}\x08\0\0`)).toBe('image/tiff');
});
