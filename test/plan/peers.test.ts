import { expect, it } from 'vitest';
import { peersOf } from '../../plan/peers.ts';

const dollars = (images: number) => new Map(peersOf(images).map((peer) => [peer.name, peer.dollars]));

it('a million images cost a thousand dollars with Rekognition and fifteen hundred with Cloud Vision', () => {
  expect(dollars(1e6).get('Amazon Rekognition, DetectLabels')).toBeCloseTo(1000, 6);
  expect(dollars(1e6).get('Google Cloud Vision, labels')).toBeCloseTo(1500, 6);
});

it('each image costs what its tier asks, and not what that of the last one does', () => {
  expect(dollars(10e6).get('Amazon Rekognition, DetectLabels')).toBeCloseTo(1000 + 3200 + 3000, 6);
  expect(dollars(10e6).get('Google Cloud Vision, labels')).toBeCloseTo(7500 + 5000, 6);
});

it('whoever publishes a rate costs the hours that it makes', () => {
  expect(dollars(220 * 3600).get('Ray Data, L4 and 4 cores')).toBeCloseTo(0.8048, 9);
});

it('each says where its figures are from', () => {
  for (const { source } of peersOf(1)) expect(URL.canParse(source)).toBe(true);
});
