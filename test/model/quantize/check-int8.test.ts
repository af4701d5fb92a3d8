import { expect, it } from 'vitest';
import { checkInt8 } from '../../../model/quantize/check-int8.ts';

const agreement = { images: 100, sameLabel: 0.97, sameLabelAtLeast: 0.91, maxDifference: 0.1, embeddingCosine: 0.99 };
const check =
  (part: Partial<typeof agreement>, speedup?: number, minAgreement = 0.97) =>
  () =>
    checkInt8('./float', { agreement: { ...agreement, ...part }, speedup }, minAgreement);

it.each([
  ['exactly the required share', {}, 0.97],
  ['one of 34 images with another label', { images: 34, sameLabel: 33 / 34 }, 0.97],
  ['a few images with the same labels', { images: 2, sameLabel: 1 }, 0.97],
  ['a share that is not a sum of powers of two', { images: 10, sameLabel: 1 - 0.3 }, 0.7],
  ['all labels if all are required', { sameLabel: 1 }, 1],
])('accepts %s', (_, part, minAgreement) => {
  expect(check(part, 1, minAgreement)).not.toThrow();
});

it.each([
  ['too few equal labels', { sameLabel: 0.96 }, 'same label on 96 % of 100 images (at least 97 % required)'],
  [
    'one of a few images with another label',
    { images: 5, sameLabel: 0.8 },
    'same label on 80 % of 5 images (at least 97 % required), embedding cosine 0.990 (at least 0.98 required); nothing ' +
      'was written: give more images: fewer than 34 held-out images are too few to measure 97 %; give the force option to write it anyway',
  ],
  ['all of a few images with other labels', { images: 1, sameLabel: 0 }, 'same label on 0 % of 1 image'],
  [
    'other embeddings',
    { embeddingCosine: 0.9 },
    'embedding cosine 0.900 (at least 0.98 required); nothing was written',
  ],
  ['embeddings of zeros', { embeddingCosine: Number.NaN }, 'embedding cosine NaN'],
])('refuses %s', (_, part, text) => {
  expect(check(part, 2)).toThrow(text);
});

it('honours a required share of 1, of any number of images', () => {
  expect(check({ sameLabel: 0.99 }, 2, 1)).toThrow(
    'same label on 99 % of 100 images (at least 100 % required), embedding cosine 0.990 (at least 0.98 required); ' +
      'nothing was written: give more calibration images;',
  );
  expect(check({ images: 1, sameLabel: 0 }, 2, 1)).toThrow('same label on 0 % of 1 image (at least 100 % required)');
});

it('refuses an int8 model that is slower than the float model', () => {
  expect(check({}, 0.9)).toThrow(
    'is not faster than ./float after "model optimize": 0.90 times its speed on one thread of this machine',
  );
});
