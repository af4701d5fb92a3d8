import { beforeEach, describe, expect, it } from 'vitest';
import type { Reference } from '../../../../shared/inference/accelerator/check-output.ts';
import { checkSpeed } from '../../../../shared/inference/accelerator/check-speed.ts';
import { type Batch, type Scores, stackCrops } from '../../../../shared/inference/batch.ts';
import { referenceImage } from '../../../../shared/models/reference-image.ts';
import { openTinyClassifier } from '../../../support/tiny-classifier.ts';

const { model, session } = await openTinyClassifier();
const { knownAnswer: output } = model.manifest;
if (output === undefined) throw new Error('the tiny model has no reference output');
const reference: Reference = { output, from: 'manifest' };
/** The CPU's scores of the reference image. */
const correct = await session.run(stackCrops([referenceImage([32, 32, 3])], 32, 32));
/** Sizes of the batches that were run. */
let sizes: number[];

beforeEach(() => {
  sizes = [];
});

/** A lane that returns the correct scores at once; `change` may alter them. */
function laneOf(change: (scores: Scores, images: number) => Promise<void> = async () => {}) {
  return {
    run: async ({ size }: Batch) => {
      sizes.push(size);
      const repeated = (row: Float32Array) =>
        Float32Array.from({ length: size * row.length }, (_, at) => row[at % row.length] ?? 0);
      const scores = { probabilities: repeated(correct.probabilities), embeddings: repeated(correct.embeddings) };
      await change(scores, size);
      return scores;
    },
  };
}

const measure = (lane: ReturnType<typeof laneOf>, options: { batchSize?: number; minimum?: number } = {}) => {
  const { batchSize = 8, minimum } = options;
  return checkSpeed('cuda', model, { lanes: [lane], reference }, { batchSize, minimum, always: false });
};

const slow = (msPerImage: number) => (_: Scores, images: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, msPerImage * images));

describe('an accelerator', () => {
  it('runs batches of every size, the largest first, before it is measured', async () => {
    expect(await measure(laneOf(), { minimum: 0 })).toBeGreaterThan(0);
    expect(sizes.slice(0, 4)).toEqual([8, 4, 2, 8]);
  });

  it.each(['probabilities', 'embeddings'] as const)(
    'is rejected when one image of a batch has wrong %s',
    async (output) => {
      const wrong = laneOf(async (scores, images) => {
        const width = scores[output].length / images;
        if (images === 4) scores[output].fill(0.7, 2 * width, 3 * width);
      });
      await expect(measure(wrong, { minimum: 0 })).rejects.toMatchObject({
        fault: 'wrong_answer',
        message: expect.stringMatching(/^cuda: wrong results in a batch of 4, image 3: .* got/),
      });
    },
  );

  it('must be as fast as four cores of the machine, for any model', async () => {
    expect(await measure(laneOf(), { batchSize: 1024 })).toBeGreaterThan(100);
    // A core runs thousands of these small images per second; a hundred would be fast for a large model.
    await expect(measure(laneOf(slow(10)), { batchSize: 1 })).rejects.toMatchObject({
      fault: 'too_slow',
      message: expect.stringMatching(
        /^cuda: too slow: \d+(\.\d+)? images\/s, the minimum is \d+ images\/s, the speed of 4 cores of this machine$/,
      ),
    });
  });

  it('is rejected after single images if full batches could not be fast enough', async () => {
    await expect(measure(laneOf(slow(600)), { batchSize: 64, minimum: 1_000 })).rejects.toMatchObject({
      fault: 'too_slow',
      message: expect.stringMatching(
        /^cuda: too slow: 1\.[67] images\/s one at a time, the minimum is 1000 images\/s$/,
      ),
    });
    expect(new Set(sizes)).toEqual(new Set([1]));
  });

  it('is accepted if only single images are slow and full batches are fast enough', async () => {
    const batching = laneOf(() => new Promise((resolve) => setTimeout(resolve, 20)));
    expect(await measure(batching, { batchSize: 64, minimum: 1_000 })).toBeGreaterThan(1_000);
  });
});
