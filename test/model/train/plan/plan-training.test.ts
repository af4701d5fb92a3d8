import { describe, expect, it } from 'vitest';
import type { RecipeOptions } from '../../../../model/train/plan/choose-settings.ts';
import { planTraining } from '../../../../model/train/plan/plan-training.ts';
import { noAugmentation } from '../../../../model/train/samples/augmentation.ts';

const recipe: RecipeOptions = {
  schedule: { kind: 'cosine', rate: undefined, epochs: 2, factor: 1, every: 1 },
  batch: undefined,
  workers: 1,
  asynchronous: false,
  rule: { momentum: 0.9, rmsProp: undefined, maxGradientNorm: undefined },
  labelSmoothing: 0,
  weightDecay: 1e-4,
  auxiliaryWeight: 0.3,
  dropout: 0,
  auxiliaryDropout: 0,
  averaging: 0.9,
  augmentation: noAugmentation,
  seed: 1,
  from: undefined,
};

/** As many images of each label as given: some to train on, some held out. */
function dataOf(train: readonly number[], heldOut: readonly number[] = train.map(() => 0)) {
  const classes = (counts: readonly number[]) =>
    Uint16Array.from(counts.flatMap((count, label) => Array<number>(count).fill(label)));
  return {
    labels: { length: train.length },
    train: { classes: classes(train) },
    validation: { classes: classes(heldOut) },
  };
}

const normalized = { hasBatchNorm: true, hasNewHead: false };

const plan = (counts: readonly number[], options: Partial<RecipeOptions> = {}, network = normalized) =>
  planTraining(dataOf(counts), { ...recipe, ...options }, network, 0);

describe('planTraining', () => {
  it.each([
    [40, 16, 2],
    [100, 16, 6],
    [1000, 32, 31],
    [2000, 64, 31],
    [58_800, 64, 918],
  ])('divides %i images into batches of %i', (images, batch, updatesPerEpoch) => {
    const chosen = plan([images / 2, images / 2]);
    expect(chosen).toMatchObject({ recipe: { batch }, imagesPerUpdate: batch, updatesPerEpoch, warnings: [] });
    expect(chosen.chosen).toEqual(['batch', 'rate']);
  });

  it('chooses a rate in proportion to the images of an update', () => {
    const rateOf = (counts: readonly number[], options: Partial<RecipeOptions> = {}) =>
      plan(counts, options).recipe.schedule.rate;
    expect(rateOf([5000, 5000], { batch: 64 })).toBe(0.1);
    expect(rateOf([5000, 5000], { batch: 128 })).toBe(0.2);
    // All images are one update.
    expect(rateOf([8, 8], { batch: 64 })).toBe(0.025);
    // Each worker's gradient is an update of its own.
    expect(rateOf([5000, 5000], { batch: 128, workers: 2, asynchronous: true })).toBe(0.1);
  });

  it('chooses half of the rate where a higher one was not measured to be better', () => {
    const rateOf = (options: Partial<RecipeOptions>, network = normalized) =>
      plan([5000, 5000], options, network).recipe.schedule.rate;
    expect(rateOf({})).toBe(0.1);
    expect(rateOf({}, { ...normalized, hasBatchNorm: false })).toBe(0.05);
    expect(rateOf({}, { ...normalized, hasNewHead: true })).toBe(0.05);
    expect(rateOf({ from: 'f6' })).toBe(0.05);
  });

  it('keeps the settings that are given', () => {
    const schedule = { ...recipe.schedule, rate: 0.3 };
    const given = plan([500, 500], { batch: 50, schedule });
    expect(given).toMatchObject({ recipe: { batch: 50, schedule: { rate: 0.3 } }, chosen: [] });
    expect(plan([500, 500], { batch: 50 }).chosen).toEqual(['rate']);
  });

  it('counts the images of each label, those held out too, and lists rare labels', () => {
    const { labels, images } = planTraining(dataOf([90, 3, 47, 8], [10, 0, 3, 1]), recipe, normalized, 0);
    expect(images).toEqual({ train: 148, heldOut: 14 });
    expect(labels).toEqual({
      fewest: 3,
      median: 9,
      most: 100,
      rare: [
        { label: 1, images: 3 },
        { label: 3, images: 9 },
      ],
    });
  });
});

describe('the warnings of a plan', () => {
  const warningsOf = (...args: Parameters<typeof plan>) => plan(...args).warnings;

  it('name an epoch of a single update', () => {
    const warning =
      'an epoch is a single update of 20 images, so the network learns slowly: give a smaller --batch, or more --epochs';
    expect(warningsOf([10, 10], { batch: 64 })).toEqual([warning]);
    expect(warningsOf([10, 10], { batch: 10 })).toEqual([]);
  });

  it('name images that no update reads, with a batch that reads them', () => {
    const [warning = '', ...others] = warningsOf([95, 94], { batch: 64 });
    expect(others).toEqual([]);
    expect(warning).toBe(
      '61 of 189 images, others in each epoch, are left over after the last whole batch: --batch 63 reads nearly all',
    );
    expect(warningsOf([95, 94], { batch: 63 })).toEqual([]);
  });

  it('name labels without images', () => {
    expect(warningsOf([50, 0, 50])).toEqual(['1 of the labels has no image']);
    expect(warningsOf([50, 0, 0, 50])).toEqual(['2 of the labels have no image']);
  });

  it('name a held-out share that rounds to nothing, for all labels or for some', () => {
    const holdOut = (heldOut: readonly number[], train = [50, 50]) =>
      planTraining(dataOf(train, heldOut), recipe, normalized, 0.05).warnings.filter((text) =>
        text.startsWith('--hold'),
      );
    expect(holdOut([0, 0])).toEqual([
      '--hold-out 0.05 rounds to no image of any label: give a larger share, or more images',
    ]);
    expect(holdOut([3, 0])).toEqual([
      expect.stringMatching(/^--hold-out 0\.05 rounds to no image for 1 of the labels, .*: give a larger share/),
    ]);
    expect(holdOut([3, 3])).toEqual([]);
    expect(plan([50, 50]).warnings).toEqual([]);
    // A larger share never holds out the only image of a label.
    expect(holdOut([0, 0], [1, 1])).toEqual([
      '--hold-out 0.05 holds out no image, as every label has a single one: add images',
    ]);
    expect(holdOut([3, 0], [50, 1])).toEqual([expect.stringMatching(/: add images, as they have a single one$/)]);
    expect(holdOut([0, 0], [2, 1])).toEqual([expect.stringMatching(/: give a larger share, or more images$/)]);
  });
});
