import { expect, it } from 'vitest';
import { peersOf } from '../../plan/peers.ts';

const dollars = (images: number) => new Map(peersOf(images).map((peer) => [peer.name, peer.dollars]));

it('a million images cost $1,000 with Rekognition and $1,500 with Cloud Vision', () => {
  expect(dollars(1e6).get('Amazon Rekognition, DetectLabels')).toBeCloseTo(1000, 6);
  expect(dollars(1e6).get('Google Cloud Vision, labels')).toBeCloseTo(1500, 6);
});

it('each image has the price of its own tier', () => {
  expect(dollars(10e6).get('Amazon Rekognition, DetectLabels')).toBeCloseTo(1000 + 3200 + 3000, 6);
  expect(dollars(10e6).get('Google Cloud Vision, labels')).toBeCloseTo(7500 + 5000, 6);
});

it('published rates are converted to instance hours', () => {
  expect(dollars(220 * 3600).get('Ray Data, L4 and 4 cores')).toBeCloseTo(0.8048, 9);
});

it('every peer names its source', () => {
  for (const { source } of peersOf(1)) expect(URL.canParse(source)).toBe(true);
});
