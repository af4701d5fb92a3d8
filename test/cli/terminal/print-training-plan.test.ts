import { afterEach, describe, expect, it, vi } from 'vitest';
import { printTrainingPlan } from '../../../cli/terminal/print-training-plan.ts';
import { planTraining } from '../../../model/train/plan/plan-training.ts';
import { noAugmentation } from '../../../model/train/samples/augmentation.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

interface LinesOptions {
  readonly batch?: number;
  readonly rate?: number;
  readonly workers?: number;
  readonly asynchronous?: boolean;
}

/** The printed lines of a plan for this many training images of each label. */
function linesOf(counts: readonly number[], options: LinesOptions = {}): string[] {
  const print = vi.spyOn(console, 'error').mockImplementation(() => {});
  print.mockClear();
  const classes = Uint16Array.from(counts.flatMap((count, label) => Array<number>(count).fill(label)));
  const data = { labels: counts, train: { classes }, validation: { classes: new Uint16Array() } };
  const schedule = { kind: 'cosine', rate: options.rate, epochs: 2, factor: 1, every: 1 } as const;
  const plan = planTraining(
    data,
    {
      ...{ schedule, batch: options.batch, workers: options.workers ?? 1, asynchronous: options.asynchronous ?? false },
      rule: { momentum: 0.9, rmsProp: undefined, maxGradientNorm: undefined },
      ...{ labelSmoothing: 0, weightDecay: 0, auxiliaryWeight: 0, dropout: 0, auxiliaryDropout: 0, averaging: 0 },
      ...{ augmentation: noAugmentation, seed: 1, from: undefined },
    },
    { hasBatchNorm: true, hasNewHead: false },
    0,
  );
  printTrainingPlan(
    plan,
    [...counts.keys()].map((label) => `label ${label}`),
  );
  return print.mock.calls.map(([text]) => String(text));
}

describe('printTrainingPlan', () => {
  it('prints images per label, updates per epoch, and how batch and rate were chosen', () => {
    expect(linesOf([1900, 2000, 2100])).toEqual([
      '1,900 to 2,100 (median 2,000) images per label of 3 labels; 6,000 to train on, 0 held out',
      '93 updates per epoch of 64 images each, rate 0.10; batch and rate chosen for 6,000 images (or give --batch and --rate)',
    ]);
  });

  it('names only what was chosen', () => {
    expect(linesOf([500, 500], { batch: 64, rate: 0.02 })[1]).toBe(
      '15 updates per epoch of 64 images each, rate 0.020',
    );
    expect(linesOf([500, 500], { batch: 64 })[1]).toMatch(/; rate chosen for 1,000 images \(or give --rate\)$/);
  });

  it('says why an update has fewer images than the batch', () => {
    const updatesOf = (counts: readonly number[], options: LinesOptions) => linesOf(counts, options)[1];
    expect(updatesOf([20, 18], { batch: 64 })).toMatch(
      /^1 update per epoch of 38 images each \(the batch is 64, but there are no more images\), rate /,
    );
    expect(updatesOf([500, 500], { batch: 64, workers: 3 })).toMatch(
      / of 63 images each \(the batch is 64, but 3 workers share them evenly\), rate /,
    );
    expect(updatesOf([500, 500], { batch: 64, workers: 2, asynchronous: true })).toMatch(
      / of 32 images each \(the batch is 64, but each worker makes its own updates\), rate /,
    );
    expect(linesOf([1, 1])[0]).toMatch(/^1 image per label of 2 labels; /);
  });

  it('lists the rarest labels, and prints warnings', () => {
    const [images, updates, ...warnings] = linesOf([0, 9, 8, 7, 6, 5, 30], { batch: 100 });
    expect(images).toBe(
      '0 to 30 (median 7) images per label of 7 labels; 65 to train on, 0 held out; ' +
        'fewest: label 0 0, label 5 5, label 4 6, label 3 7, label 2 8 and 1 more',
    );
    expect(updates).toMatch(/^1 update per epoch of 65 images each/);
    expect(warnings).toEqual([
      'warning: 1 of the labels has no image',
      expect.stringMatching(/^warning: an epoch is a single update of 65 images/),
    ]);
  });
});
