import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Reference } from '../../../../shared/inference/accelerator/check-output.ts';
import { checkSpeed } from '../../../../shared/inference/accelerator/check-speed.ts';
import { referenceImage } from '../../../../shared/inference/accelerator/reference-image.ts';
import type { Scores } from '../../../../shared/inference/batch.ts';
import { type Batch, stackCrops } from '../../../../shared/inference/batch.ts';
import { openSession } from '../../../../shared/inference/open-session.ts';
import { loadModel, type Model } from '../../../../shared/models/model-directory.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { writeTinyModel } from '../../../support/tiny-model.ts';

const folder = temporaryFolder();
let model: Model;
let known: Reference;
/** What the CPU says of the known image. */
let right: Scores;
/** Sizes of the batches that were run. */
let sizes: number[];

beforeAll(async () => {
  await writeTinyModel(folder);
  model = await loadModel(folder);
  const { knownAnswer } = model.manifest;
  if (knownAnswer === undefined) throw new Error('the tiny model has no known answer');
  known = { answer: knownAnswer, from: 'manifest' };
  const session = await openSession(model, { threads: 1 });
  right = await session.run(stackCrops([referenceImage([32, 32, 3])], 32, 32));
  await session.close();
});
beforeEach(() => {
  sizes = [];
});

/** A thread of a device that has the right answer at once; `change` is given the scores of a batch and its images. */
function laneOf(change: (scores: Scores, images: number) => Promise<void> = async () => {}) {
  return {
    run: async ({ size }: Batch) => {
      sizes.push(size);
      const repeated = (row: Float32Array) =>
        Float32Array.from({ length: size * row.length }, (_, at) => row[at % row.length] ?? 0);
      const scores = { probabilities: repeated(right.probabilities), embeddings: repeated(right.embeddings) };
      await change(scores, size);
      return scores;
    },
  };
}

const measure = (lane: ReturnType<typeof laneOf>, options: { batchSize?: number; floor?: number } = {}) => {
  const { batchSize = 8, floor } = options;
  return checkSpeed('cuda', model, { lanes: [lane], known }, { batchSize, floor, always: false });
};

/** Takes as long as it is told for each image. */
const slow = (msAnImage: number) => (_: Scores, images: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, msAnImage * images));

describe('an accelerator', () => {
  it('answers batches of every size, the largest first, before it is measured', async () => {
    expect(await measure(laneOf(), { floor: 0 })).toBeGreaterThan(0);
    expect(sizes.slice(0, 4)).toEqual([8, 4, 2, 8]);
  });

  it.each(['probabilities', 'embeddings'] as const)(
    'is refused when one image of a batch has other %s than it had alone',
    async (output) => {
      const wrong = laneOf(async (scores, images) => {
        const width = scores[output].length / images;
        if (images === 4) scores[output].fill(0.7, 2 * width, 3 * width);
      });
      await expect(measure(wrong, { floor: 0 })).rejects.toMatchObject({
        fault: 'wrong_answer',
        message: expect.stringMatching(/^cuda: it computes something else in a batch of 4, image 3: expected .*, got/),
      });
    },
  );

  it('must do the work of four cores of the machine, whatever the model takes', async () => {
    expect(await measure(laneOf(), { batchSize: 1024 })).toBeGreaterThan(100);
    // A core does thousands of these small images a second: a hundred would be many of a large model.
    await expect(measure(laneOf(slow(10)), { batchSize: 1 })).rejects.toMatchObject({
      fault: 'too_slow',
      message: expect.stringMatching(
        /^cuda: expected at least \d+ images\/s, as 4 cores of this machine, got \d+(\.\d+)?$/,
      ),
    });
  });

  it('is refused after single images where full batches could not save it', async () => {
    await expect(measure(laneOf(slow(600)), { batchSize: 64, floor: 1_000 })).rejects.toMatchObject({
      fault: 'too_slow',
      message: expect.stringMatching(/^cuda: expected at least 1000 images\/s, got 1\.[67] one at a time$/),
    });
    expect(new Set(sizes)).toEqual(new Set([1]));
  });

  it('is not refused for what it does one at a time where full batches save it', async () => {
    const batching = laneOf(() => new Promise((resolve) => setTimeout(resolve, 20)));
    expect(await measure(batching, { batchSize: 64, floor: 1_000 })).toBeGreaterThan(1_000);
  });
});
