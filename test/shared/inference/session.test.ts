import { describe, expect, it } from 'vitest';
import { stackCrops } from '../../../shared/inference/batch.ts';
import { openSession } from '../../../shared/inference/open-session.ts';
import { cropOf } from '../../support/crops.ts';
import { eventually } from '../../support/eventually.ts';
import { loadTinyModel, openTinyClassifier } from '../../support/tiny-classifier.ts';
import { tinyEmbeddingSize } from '../../support/tiny-model.ts';

const { model, session } = await openTinyClassifier({ threads: 2 });
const largeModel = await loadTinyModel({ size: 512 });

const crops = (fills: number[]) => fills.map((fill) => cropOf({ fill }).tensor.pixels);

describe('a session', () => {
  it('scores every crop of a batch and drops the padding', async () => {
    const { probabilities, embeddings } = await session.run(stackCrops(crops([10, 120, 240]), 32, 32));
    expect(probabilities).toHaveLength(3 * 4);
    expect(embeddings).toHaveLength(3 * tinyEmbeddingSize);
    for (let row = 0; row < 3; row += 1) {
      const sum = probabilities.subarray(row * 4, row * 4 + 4).reduce((total, value) => total + value, 0);
      expect(sum).toBeCloseTo(1, 5);
    }
  });

  it('gives a crop the same scores alone and in a batch', async () => {
    const alone = await session.run(stackCrops(crops([120]), 32, 32));
    const inBatch = await session.run(stackCrops(crops([10, 120, 240]), 32, 32));
    for (const [index, value] of alone.embeddings.entries()) {
      expect(inBatch.embeddings[tinyEmbeddingSize + index]).toBeCloseTo(value, 4);
    }
  });

  it('gives every batch its own scores when many run at once', async () => {
    const fills = Array.from({ length: 20 }, (_, index) => index * 12);
    const oneByOne = [];
    for (const fill of fills) oneByOne.push(await session.run(stackCrops(crops([fill]), 32, 32)));
    const together = await Promise.all(fills.map((fill) => session.run(stackCrops(crops([fill]), 32, 32))));
    expect(together.map(({ probabilities }) => [...probabilities])).toEqual(
      oneByOne.map(({ probabilities }) => [...probabilities]),
    );
  });

  it('fails a batch of the wrong shape with the message of the runtime, and runs the next one', async () => {
    await expect(session.run(stackCrops([cropOf({ size: 16 }).tensor.pixels], 16, 16))).rejects.toThrow(
      /dimension|shape/i,
    );
    await expect(session.run(stackCrops(crops([1]), 32, 32))).resolves.toBeDefined();
  });

  it('fails at once after it was closed', async () => {
    const closed = await openSession(model, { threads: 1 });
    await closed.close();
    const lost = closed.run(stackCrops(crops([1]), 32, 32));
    await expect(lost).rejects.toMatchObject({ name: 'SessionLost', message: 'the session was closed' });
  });

  it('finishes the running batch when it is closed', async () => {
    const large = await openSession(largeModel, { threads: 1 });
    const pixels = Array.from({ length: 32 }, () => cropOf({ size: 512, fill: 7 }).tensor.pixels);
    let scored = false;
    const running = large.run(stackCrops(pixels, 512, 512)).then(() => {
      scored = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    await large.close();
    expect(scored).toBe(true);
    await running;
  });

  it('rejects bytes that are not a network, and leaves no thread behind', async () => {
    const threads = () =>
      process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker').length;
    const before = threads();
    await expect(openSession({ ...model, network: Buffer.from('no network') }, { threads: 2 })).rejects.toThrow(
      /protobuf|model/i,
    );
    await eventually(() => expect(threads()).toBe(before));
  });
});
