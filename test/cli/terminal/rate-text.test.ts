import { expect, it } from 'vitest';
import { rateText } from '../../../cli/terminal/rate-text.ts';
import { imagesPerSecond } from '../../../shared/jobs/job-summary.ts';

it.each([
  [1250.4, '1,250/s'],
  [45.4, '45/s'],
  [9.97, '10/s'],
  [9.94, '9.9/s'],
  [1, '1.0/s'],
  [0.4, '0.4/s'],
  [0.1, '0.1/s'],
  [0.083, '5.0/min'],
  [0.0099, '0.6/min'],
  [0.001, '3.6/h'],
  [0.00001, '< 0.1/h'],
  [0, '0/s'],
])('formats %d per second as %s', (perSecond, text) => {
  expect(rateText(perSecond)).toBe(text);
});

it('names what is counted', () => {
  expect(rateText(340, ' images')).toBe('340 images/s');
  expect(rateText(0.05, ' images')).toBe('3.0 images/min');
});

it.each([
  { images: 6, seconds: 72, rate: 0.083, text: '5.0/min' },
  { images: 1, seconds: 86_400, rate: 0.000012, text: '< 0.1/h' },
  { images: 201, seconds: 13, rate: 15.5, text: '16/s' },
])('rounds $images images in $seconds s so that the rate is not 0', ({ images, seconds, rate, text }) => {
  const rounded = imagesPerSecond(images, seconds);
  expect(rounded).toBe(rate);
  expect(rateText(rounded ?? 0)).toBe(text);
});
