import { expect, it } from 'vitest';
import { checkInt8 } from '../../../model/quantize/check-int8.ts';

const agreement = { images: 100, sameLabel: 0.97, maxDifference: 0.1, embeddingCosine: 0.99 };
const check = (part: Partial<typeof agreement>, speedup?: number) => () =>
  checkInt8('./float', { agreement: { ...agreement, ...part }, speedup }, 0.97);

it.each([
  ['exactly the required share', {}],
  ['one of a few images with another label', { images: 5, sameLabel: 0.8 }],
])('accepts %s', (_, part) => {
  expect(check(part, 1)).not.toThrow();
});

it.each([
  ['too few equal labels', { sameLabel: 0.96 }, 'same label on 96 % of 100 images (at least 97 % required)'],
  ['two of a few images with other labels', { images: 5, sameLabel: 0.6 }, 'same label on 60 % of 5 images'],
  [
    'other embeddings',
    { embeddingCosine: 0.9 },
    'embedding cosine 0.900 (at least 0.98 required); nothing was written',
  ],
  ['embeddings of zeros', { embeddingCosine: Number.NaN }, 'embedding cosine NaN'],
])('refuses %s', (_, part, text) => {
  expect(check(part, 2)).toThrow(text);
});

it('refuses an int8 model that is slower than the float model', () => {
  expect(check({}, 0.9)).toThrow('is slower than ./float: 0.90 times its speed on one thread of this machine');
});
