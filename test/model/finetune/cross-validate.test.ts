import { describe, expect, it, onTestFinished } from 'vitest';
import { confusionOf } from '../../../model/finetune/confusion.ts';
import { type CrossValidationOptions, crossValidate } from '../../../model/finetune/cross-validate.ts';
import { type ImageExamples, predictImages } from '../../../model/finetune/image-examples.ts';
import { openHeadMath } from '../../../model/finetune/open-head-math.ts';
import { splitIntoFolds } from '../../../model/finetune/split-into-folds.ts';
import { seededRandom, shuffle } from '../../../shared/random/seeded-random.ts';
import { clusters } from '../../support/clusters.ts';

describe('splitIntoFolds', () => {
  const labels = [...'aaaaaaaaaabbbbbc'].map((letter) => letter.charCodeAt(0) - 97);
  const rows = [...labels.keys()];

  it('tests each image in one fold, and spreads each class over the folds', () => {
    const folds = splitIntoFolds(labels, rows, { folds: 5, seed: 3 });
    expect(folds.flatMap(({ test }) => test).toSorted((a, b) => a - b)).toEqual(rows.slice(0, 15));
    for (const { train, test } of folds) {
      expect([...train, ...test].toSorted((a, b) => a - b)).toEqual(rows);
      expect(test.filter((row) => labels[row] === 0)).toHaveLength(2);
      expect(test.filter((row) => labels[row] === 1)).toHaveLength(1);
      // The only image of its class.
      expect(train).toContain(15);
    }
  });

  it('makes fewer folds if there are fewer images', () => {
    expect(splitIntoFolds([0, 0, 1], [0, 1, 2], { folds: 5, seed: 1 }).map(({ test }) => test)).toHaveLength(2);
  });

  it('gives the same folds for the same seed, and others for another seed', () => {
    const tests = (seed: number) => splitIntoFolds(labels, rows, { folds: 5, seed }).map(({ test }) => test);
    expect(tests(1)).toEqual(tests(1));
    expect(tests(1)).not.toEqual(tests(2));
  });
});

describe('crossValidate', () => {
  const validated = async (examples: ImageExamples, options: Partial<CrossValidationOptions> = {}) => {
    const math = await openHeadMath(examples);
    onTestFinished(() => math.close());
    const names = Array.from({ length: examples.classes }, (_, label) => `class ${label}`);
    return crossValidate(math, examples, names, { folds: 5, seed: 1, ...options });
  };

  it('separates distant clusters', async () => {
    const found = await validated(clusters([20, 20, 20]));
    expect(found).toMatchObject({ accuracy: 1, deviation: 0, tested: 60 });
    expect(found.guessing).toBeCloseTo(1 / 3);
    expect(found.confusion.mistakes).toEqual([]);
    expect(found.folds).toHaveLength(5);
  });

  it('is no better than chance for random labels, even with many features to overfit', async () => {
    const examples = clusters([40, 40], { size: 64, spread: 1 });
    const labels = BigInt64Array.from(shuffle([...examples.labels], seededRandom(5)));
    const { accuracy } = await validated({ ...examples, labels });
    expect(accuracy).toBeGreaterThan(0.25);
    expect(accuracy).toBeLessThan(0.75);
  });

  it('keeps the crops of an image in one fold', async () => {
    // Crops of an image are almost equal, so a copy of a tested image among the training images would give its label away.
    const single = clusters([40, 40], { size: 64, spread: 1 });
    const crops = 3;
    const random = seededRandom(7);
    const { size } = single;
    const embeddings = Float32Array.from({ length: single.embeddings.length * crops }, (_, at) => {
      const image = Math.floor(at / (size * crops));
      return (single.embeddings[image * size + (at % size)] ?? 0) + random() / 100;
    });
    const labels = shuffle([...single.labels], seededRandom(5)).flatMap((label) => [label, label, label]);
    const examples = { ...single, embeddings, labels: BigInt64Array.from(labels), crops, averaged: [0, 1, 2] };
    const { accuracy, tested } = await validated(examples);
    expect(tested).toBe(80);
    expect(accuracy).toBeLessThan(0.75);
  });

  it('predicts an image by the mean of the probabilities of its averaged crops', async () => {
    // With this head, the probability of class 1 is 0.99 for embedding 4.6, and 0.27 for embedding -1.
    const head = { weights: Float32Array.of(0, 1), bias: Float32Array.of(0, 0) };
    const examples = { embeddings: Float32Array.of(-1, -1, 4.6, 9), size: 1, classes: 2, crops: 4 };
    const labels = BigInt64Array.of(1n, 1n, 1n, 1n);
    const math = await openHeadMath({ ...examples, labels });
    onTestFinished(() => math.close());
    const predicted = (averaged: number[]) => predictImages(math, [0], { ...examples, labels, averaged }, head);
    expect(await predicted([0])).toEqual([0]);
    expect(await predicted([0, 1])).toEqual([0]);
    expect(await predicted([0, 1, 2])).toEqual([1]);
  });

  it('reads as much of each embedding as tells the classes apart, and no more', async () => {
    const told = clusters([20, 20], { size: 8 });
    const noise = clusters([20, 20], { size: 8, spread: 3, seed: 4 });
    const joined = (first: ImageExamples, second: ImageExamples) => {
      const embeddings = new Float32Array(16 * 40);
      for (let image = 0; image < 40; image += 1) {
        embeddings.set(first.embeddings.subarray(image * 8, (image + 1) * 8), image * 16);
        embeddings.set(second.embeddings.subarray(image * 8, (image + 1) * 8), image * 16 + 8);
      }
      return { ...first, embeddings, size: 16 };
    };
    const sizesOf = async (examples: ImageExamples) => {
      const { accuracy, folds } = await validated(examples, { embeddingSizes: [8, 16] });
      return [accuracy, ...folds.map(({ embeddingSize }) => embeddingSize)];
    };
    expect(await sizesOf(joined(told, noise))).toEqual([1, 8, 8, 8, 8, 8]);
    expect(await sizesOf(joined(noise, told))).toEqual([1, 16, 16, 16, 16, 16]);
  });

  it('tests hundreds of thousands of images in a fold', async () => {
    const examples = clusters([150_000, 150_000], { size: 1, spread: 0.01 });
    const found = await validated(examples, { folds: 2, maxIterations: 2 });
    expect(found).toMatchObject({ tested: 300_000, folds: [{ images: 150_000 }, { images: 150_000 }] });
  });

  it('gives the same result for the same seed', async () => {
    const examples = clusters([12, 12, 12], { spread: 1.5 });
    expect(await validated(examples)).toEqual(await validated(examples));
  });
});

describe('confusionOf', () => {
  it('counts by true and predicted label, with no recall for an untested class', () => {
    const tested = [
      { actual: 0, predicted: 0 },
      { actual: 0, predicted: 1 },
      { actual: 1, predicted: 1 },
      { actual: 0, predicted: 1 },
    ];
    expect(confusionOf(['cat', 'dog', 'owl'], tested)).toEqual({
      labels: ['cat', 'dog', 'owl'],
      counts: [
        [1, 2, 0],
        [0, 1, 0],
        [0, 0, 0],
      ],
      recall: [1 / 3, 1, undefined],
      mistakes: [{ label: 'cat', given: 'dog', images: 2 }],
    });
  });
});
