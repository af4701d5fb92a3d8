import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { stackCrops } from '../../../shared/inference/batch.ts';
import { openSession } from '../../../shared/inference/open-session.ts';
import type { Session } from '../../../shared/inference/session.ts';
import { loadModel, type Model } from '../../../shared/models/model-directory.ts';
import { cropOf } from '../../support/crops.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { tinyEmbeddingSize, writeTinyModel } from '../../support/tiny-model.ts';

const folder = temporaryFolder();
let model: Model;
let session: Session;

beforeAll(async () => {
  await writeTinyModel(join(folder, 'tiny'));
  model = await loadModel(join(folder, 'tiny'));
  session = await openSession(model, { threads: 2 });
});
afterAll(() => session.close());

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

  it('gives a crop the same scores whatever stands beside it', async () => {
    const alone = await session.run(stackCrops(crops([120]), 32, 32));
    const amid = await session.run(stackCrops(crops([10, 120, 240]), 32, 32));
    for (const [index, value] of alone.embeddings.entries()) {
      expect(amid.embeddings[tinyEmbeddingSize + index]).toBeCloseTo(value, 4);
    }
  });

  it('answers every batch with its own scores when many are run at once', async () => {
    const fills = Array.from({ length: 20 }, (_, index) => index * 12);
    const oneByOne = [];
    for (const fill of fills) oneByOne.push(await session.run(stackCrops(crops([fill]), 32, 32)));
    const together = await Promise.all(fills.map((fill) => session.run(stackCrops(crops([fill]), 32, 32))));
    expect(together.map(({ probabilities }) => [...probabilities])).toEqual(
      oneByOne.map(({ probabilities }) => [...probabilities]),
    );
  });

  it('fails a batch of the wrong shape with what the runtime says, and goes on', async () => {
    await expect(session.run(stackCrops([cropOf({ size: 16 }).tensor.pixels], 16, 16))).rejects.toThrow(
      /dimension|shape/i,
    );
    await expect(session.run(stackCrops(crops([1]), 32, 32))).resolves.toBeDefined();
  });

  it('fails at once after it was closed', async () => {
    const own = await openSession(model, { threads: 1 });
    await own.close();
    const lost = own.run(stackCrops(crops([1]), 32, 32));
    await expect(lost).rejects.toMatchObject({ name: 'SessionLost', message: 'the session was closed' });
  });

  it('lets a batch that is computed come to its end when it is closed', async () => {
    await writeTinyModel(join(folder, 'large'), { size: 512 });
    const own = await openSession(await loadModel(join(folder, 'large')), { threads: 1 });
    const pixels = Array.from({ length: 32 }, () => cropOf({ size: 512, fill: 7 }).tensor.pixels);
    let scored = false;
    const running = own.run(stackCrops(pixels, 512, 512)).then(() => {
      scored = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    await own.close();
    expect(scored).toBe(true);
    await running;
  });

  it('does not open on bytes that are no network, and leaves no thread behind', async () => {
    const threads = () =>
      process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker').length;
    const before = threads();
    await expect(openSession({ ...model, network: Buffer.from('no network') }, { threads: 2 })).rejects.toThrow(
      /protobuf|model/i,
    );
    await vi.waitFor(() => expect(threads()).toBe(before));
  });
});
