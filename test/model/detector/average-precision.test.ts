import { describe, expect, it } from 'vitest';
import { cocoAveragePrecision } from '../../../model/detector/evaluate/coco-average-precision.ts';
import type { Detection, GroundTruth } from '../../../model/detector/evaluate/detection.ts';
import { vocAveragePrecision } from '../../../model/detector/evaluate/voc-average-precision.ts';
import { cocoExample, vocExample } from './published-detections.ts';

const box = { label: 'cat', x: 0, y: 0, width: 100, height: 100 };
const object = (image: string, rest: Partial<GroundTruth> = {}): GroundTruth => ({ image, ...box, ...rest });
const found = (image: string, probability: number, rest: Partial<Detection> = {}): Detection => ({
  image,
  probability,
  ...box,
  ...rest,
});

describe('the average precision of VOC', () => {
  it('is the published one of an example, by 11 points and by all points', () => {
    const { found: detections, truth } = vocExample;
    const at = (interpolation: '11 points' | 'all points') =>
      vocAveragePrecision(detections, truth, { interpolation, minOverlap: 0.3 }).mean;
    expect(at('11 points')).toBeCloseTo(0.2684, 4);
    expect(at('all points')).toBeCloseTo(0.2457, 4);
  });

  it('counts a second detection of an object as wrong', () => {
    const once = [found('a', 0.9), found('b', 0.7)];
    expect(vocAveragePrecision(once, [object('a'), object('b')]).mean).toBe(1);
    const twice = [...once, found('a', 0.8)];
    expect(vocAveragePrecision(twice, [object('a'), object('b')]).mean).toBeCloseTo(0.5 + 0.5 * (2 / 3), 12);
  });

  it('does not count detections of difficult objects, nor these objects', () => {
    const truth = [object('a'), object('b', { exempt: 'difficult' })];
    const detections = [found('b', 0.9), found('b', 0.8), found('a', 0.7)];
    expect(vocAveragePrecision(detections, truth)).toEqual({
      mean: 1,
      labels: [{ label: 'cat', objects: 1, averagePrecision: 1 }],
    });
  });

  it('compares a detection with the first of objects that it overlaps as much', () => {
    const both = [object('a'), object('a', { exempt: 'difficult' })];
    expect(vocAveragePrecision([found('a', 0.9)], both).mean).toBe(1);
    expect(vocAveragePrecision([found('a', 0.9)], both.toReversed()).mean).toBe(0);
  });

  it('is 0 for objects that no detection overlaps enough, and NaN without objects', () => {
    expect(vocAveragePrecision([found('a', 0.9, { width: 49 })], [object('a')]).mean).toBe(0);
    expect(vocAveragePrecision([found('a', 0.9, { width: 50 })], [object('a')]).mean).toBe(1);
    expect(vocAveragePrecision([], [object('a')]).mean).toBe(0);
    expect(vocAveragePrecision([found('a', 0.9)], []).mean).toBeNaN();
  });

  it('is a mean over labels, and compares only boxes of the same label and image', () => {
    const truth = [object('a'), object('b', { label: 'dog' })];
    const detections = [found('a', 0.9), found('a', 0.8, { label: 'dog' }), found('b', 0.7)];
    expect(vocAveragePrecision(detections, truth)).toMatchObject({
      mean: 0.5,
      labels: [
        { label: 'cat', averagePrecision: 1 },
        { label: 'dog', averagePrecision: 0 },
      ],
    });
  });
});

describe('the average precision of COCO', () => {
  it("is the one that COCO's tools give for a published example", () => {
    const result = cocoAveragePrecision(cocoExample.found, cocoExample.truth);
    const { labels, ...means } = result;
    const published = { averagePrecision: 0.706, at50: 0.901, at75: 0.846, small: 0.689, medium: 0.8, large: 0.701 };
    for (const [name, value] of Object.entries(published)) {
      expect([name, Object.entries(means).find(([key]) => key === name)?.[1]]).toEqual([
        name,
        expect.closeTo(value, 3),
      ]);
    }
    expect(labels.map(({ label, averagePrecision }) => [label, averagePrecision])).toEqual([
      ['0', expect.closeTo(0.725, 3)],
      ['1', expect.closeTo(0.8, 3)],
      ['2', expect.closeTo(0.454, 3)],
      ['4', expect.closeTo(0.65, 3)],
      ['5', expect.closeTo(0.9, 3)],
    ]);
  });

  it('does not count detections inside a crowd', () => {
    const truth = [object('a', { x: 500 }), object('a', { exempt: 'crowd', width: 400, height: 400 })];
    const inside = [found('a', 0.9), found('a', 0.8, { x: 200 }), found('a', 0.7, { x: 500 })];
    expect(cocoAveragePrecision(inside, truth).averagePrecision).toBe(1);
    const outside = [found('a', 0.9, { y: 600 }), found('a', 0.7, { x: 500 })];
    expect(cocoAveragePrecision(outside, truth).averagePrecision).toBeCloseTo(0.5, 12);
  });

  it('gives an object to a detection before a crowd', () => {
    const truth = [object('a', { exempt: 'crowd' }), object('a', { width: 60 })];
    expect(cocoAveragePrecision([found('a', 0.9)], truth).at50).toBe(1);
  });

  it('counts the first 100 detections of a label in an image', () => {
    const wrong = Array.from({ length: 99 }, () => found('a', 0.9, { y: 600 }));
    expect(cocoAveragePrecision([...wrong, found('a', 0.5)], [object('a')]).at50).toBeCloseTo(0.01, 12);
    expect(cocoAveragePrecision([found('a', 0.9, { y: 600 }), ...wrong, found('a', 0.5)], [object('a')]).at50).toBe(0);
  });

  it('assigns objects and detections to sizes by their area', () => {
    const small = object('a', { width: 20, height: 20 });
    const result = cocoAveragePrecision([found('a', 0.9, { width: 20, height: 20 }), found('b', 0.8)], [small]);
    expect(result).toMatchObject({ small: 1, medium: Number.NaN, large: Number.NaN });
  });

  it("takes a recall of 7/20 as less than the sampled recall of 0.35, as COCO's tools do", () => {
    const truth = Array.from({ length: 20 }, (_, image) => object(`${image}`));
    const detections = [
      ...Array.from({ length: 7 }, (_, image) => found(`${image}`, 0.9)),
      found('7', 0.5, { y: 600 }),
    ];
    expect(cocoAveragePrecision(detections, truth).at50).toBeCloseTo(35 / 101, 12);
  });
});
