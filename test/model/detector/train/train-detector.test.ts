import { describe, expect, it, onTestFinished } from 'vitest';
import {
  crossValidateDetector,
  movesBoxes,
  precisionOf,
  type TestOutcome,
} from '../../../../model/detector/train/cross-validate-detector.ts';
import type { DetectorExamples } from '../../../../model/detector/train/detector-examples.ts';
import { fitBoxes } from '../../../../model/detector/train/fit-boxes.ts';
import { fitDetector } from '../../../../model/detector/train/fit-detector.ts';
import { classesOf, trainingRows } from '../../../../model/detector/train/train-detector.ts';
import { openHeadMath } from '../../../../model/finetune/open-head-math.ts';
import { detectorScene } from '../../../support/detector-scene.ts';

async function mathOf(examples: DetectorExamples) {
  const { embeddings, size, labels } = examples;
  const math = await openHeadMath({ embeddings, size, labels: classesOf(examples), classes: labels.length + 1 });
  onTestFinished(() => math.close());
  return math;
}

const fitting = { seed: 1, strength: 0.01 };

describe('the training rows of a detector', () => {
  it('are regions of objects and of background, with the class of each', () => {
    const examples = detectorScene(6);
    const { objects, background } = trainingRows(examples.images);
    const classes = classesOf(examples);
    expect(new Set(objects.map((row) => Number(classes[row])))).toEqual(new Set([0, 1]));
    expect(new Set(background.map((row) => Number(classes[row])))).toEqual(new Set([2]));
    for (const { firstRow, imageRow } of examples.images) {
      expect(objects).toContain(firstRow);
      expect(background).toContain(imageRow);
    }
  });

  it('have the whole image as an example of an object that fills it', () => {
    const examples = detectorScene(2);
    const objects = [{ x: 0, y: 5, width: 100, height: 90, label: 'dog' }];
    const images = examples.images.map((image) => ({ ...image, objects }));
    const classes = classesOf({ ...examples, images });
    for (const { imageRow } of images) {
      expect(trainingRows(images).objects).toContain(imageRow);
      expect(classes[imageRow]).toBe(1n);
    }
  });
});

describe('the classes of rows', () => {
  it('are those of the objects also where an object is smaller than a pixel', () => {
    const box = { x: 3, y: 3, width: 1, height: 1, objectness: 0.5 };
    const objects = [
      { ...box, width: 0.3, label: 'cat' },
      { ...box, x: 9, label: 'cat', exempt: 'crowd' as const },
    ];
    const image = { name: 'a', digest: 'a', width: 20, height: 20, objects, boxes: [box, { ...box, x: 9 }] };
    expect(trainingRows([{ ...image, imageRow: 0, firstRow: 1 }])).toEqual({ objects: [1], background: [0] });
  });
});

describe('fitDetector', () => {
  it('adds background regions that look like objects, and leaves out the easy ones', async () => {
    const examples = detectorScene(20, { proposals: 400 });
    const { size } = examples;
    const { objects, background } = trainingRows(examples.images);
    // Some background regions look much like a cat.
    const hard = background.slice(60, 68);
    for (const row of hard) examples.embeddings[row * size] = 0.62;
    const few = objects.slice(0, 40);
    const math = await mathOf(examples);
    const fit = await fitDetector(math, { objects: few, background }, { ...fitting, size, classes: 3 });
    expect(fit.rounds).toBeGreaterThan(1);
    expect(fit.background).toBeGreaterThanOrEqual(3 * few.length);
    expect(fit.background).toBeLessThan(background.length / 2);
    const probabilities = await math.probabilities(hard, fit.head);
    const mean = hard.reduce((sum, _, index) => sum + (probabilities[index * 3 + 2] ?? 0), 0) / hard.length;
    const { head } = await fitDetector(
      math,
      { objects: few, background: background.filter((row) => !hard.includes(row)) },
      { ...fitting, size, classes: 3 },
    );
    const without = await math.probabilities(hard, head);
    expect(mean).toBeGreaterThan(hard.reduce((sum, _, index) => sum + (without[index * 3 + 2] ?? 0), 0) / hard.length);
  });

  it('gives the same layer for the same seed', async () => {
    const examples = detectorScene(8);
    const math = await mathOf(examples);
    const rows = trainingRows(examples.images);
    const fitted = () => fitDetector(math, rows, { ...fitting, size: examples.size, classes: 3 });
    expect(await fitted()).toEqual(await fitted());
  });
});

describe('fitBoxes', () => {
  it('learns how far an object is from a region', () => {
    const examples = detectorScene(20);
    const fitted = fitBoxes(examples, examples.images, 1);
    const { weights } = fitted?.layer ?? { weights: new Float32Array() };
    expect(fitted?.examples).toBeGreaterThan(50);
    // The third component is the horizontal shift, the fourth the vertical one.
    expect(weights[2]).toBeGreaterThan(0.7);
    expect(weights[examples.size + 3]).toBeGreaterThan(0.7);
  });

  it('learns from whole images that an object fills', () => {
    const examples = detectorScene(4);
    const object = { x: 0, y: 5, width: 100, height: 90, label: 'dog' };
    const images = examples.images.map((image) => ({ ...image, objects: [object], boxes: image.boxes.slice(0, 1) }));
    expect(fitBoxes(examples, images, 1)?.examples).toBe(4);
  });

  it('is missing if no proposal is near an object', () => {
    const examples = detectorScene(4);
    const far = examples.images.map((image) => ({ ...image, boxes: image.boxes.slice(0, 1) }));
    expect(fitBoxes(examples, far, 1)).toBeUndefined();
  });
});

describe('the cross-validation of a detector', () => {
  it('measures images that were not learned, with and without box regression and for whole images', async () => {
    const examples = detectorScene(20);
    const folds: number[] = [];
    const result = await crossValidateDetector(await mathOf(examples), examples, {
      ...fitting,
      folds: 4,
      onFold: (fold) => folds.push(fold),
    });
    expect(folds).toEqual([1, 2, 3, 4]);
    expect(result).toMatchObject({ folds: 4, tested: 20 });
    expect(result.proposals.at50).toBeGreaterThan(0.9);
    expect(result.regression?.coco).toBeGreaterThan(result.proposals.coco + 0.1);
    expect(result.wholeImage.at50).toBeLessThan(0.2);
    expect(result.labels.map(({ label, objects }) => [label, objects])).toEqual([
      ['cat', 10],
      ['dog', 10],
    ]);
    expect(result.kept.objects).toBe(20);
    expect(result.kept.found).toBeGreaterThan(15);
    expect(result.kept.falseBoxes).toBeLessThan(5);
  });

  it('states the precision of each label with the boxes of the model', async () => {
    const examples = detectorScene(20, { shift: 5 });
    const result = await crossValidateDetector(await mathOf(examples), examples, { ...fitting, folds: 4 });
    expect(result.proposals.at50).toBeLessThan(0.85);
    for (const { averagePrecision } of result.labels) expect(averagePrecision).toBeGreaterThan(0.9);
  });

  it('has no box regression unless every fold can learn it', async () => {
    const scene = detectorScene(2);
    const images = scene.images.map((image, index) => ({
      ...image,
      boxes: image.boxes.slice(0, index === 0 ? 99 : 1),
    }));
    const examples = { ...scene, images };
    const result = await crossValidateDetector(await mathOf(examples), examples, { ...fitting, folds: 2 });
    expect(result.regression).toBeUndefined();
  });

  it('moves boxes if that does not lower the precision', () => {
    const proposals = { coco: 0.3 };
    expect(movesBoxes({ proposals, regression: { coco: 0.31 } })).toBe(true);
    expect(movesBoxes({ proposals, regression: { coco: 0.3 } })).toBe(true);
    expect(movesBoxes({ proposals, regression: { coco: 0.29 } })).toBe(false);
    expect(movesBoxes({ proposals })).toBe(false);
  });

  it('finds nothing where labels are random', async () => {
    const scene = detectorScene(20);
    const embeddings = scene.embeddings.map((_, index) => Math.sin(index * index));
    const examples = { ...scene, embeddings };
    const { proposals } = await crossValidateDetector(await mathOf(examples), examples, { ...fitting, folds: 4 });
    expect(proposals.at50).toBeLessThan(0.5);
  });
});

describe('the precision of several folds', () => {
  const box = { label: 'cat', x: 0, y: 0, width: 100, height: 100 };
  const fold = (image: string, width: number, truth: Partial<TestOutcome['truth'][number]> = {}): TestOutcome => ({
    truth: [{ ...box, ...truth, image }],
    proposals: { detections: [{ ...box, image, width, probability: 0.9 }], kept: [] },
    regression: undefined,
    wholeImage: [],
  });
  const precision = (...outcomes: readonly TestOutcome[]) =>
    precisionOf(outcomes, ({ proposals: { detections } }) => detections);

  it('is their mean, with the standard deviation of a sample', () => {
    const { at50, deviation, coco } = precision(fold('a', 100), fold('b', 100), fold('c', 49));
    expect(at50).toBeCloseTo(2 / 3, 12);
    expect(deviation).toBeCloseTo(Math.sqrt(1 / 3), 12);
    expect(coco).toBeCloseTo(2 / 3, 12);
    expect(precision(fold('a', 100)).deviation).toBe(0);
  });

  it('leaves out folds without an object to find', () => {
    expect(precision(fold('a', 100), fold('b', 100, { exempt: 'difficult' }))).toEqual({
      at50: 1,
      deviation: 0,
      coco: 1,
    });
  });
});
