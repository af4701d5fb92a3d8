import { describe, expect, it } from 'vitest';
import { decodePool } from '../../../../shared/images/decode/decode-pool.ts';
import { defaultDecodeLimits } from '../../../../shared/images/decode/identify.ts';
import { memoryBudgets, processMemory } from '../../../../shared/images/decode/memory-budgets.ts';
import { cropImage } from '../../../../shared/images/preprocess/crop-image.ts';
import { smallRule } from '../../../support/formats/rules.ts';
import { scene } from '../../../support/formats/scene.ts';

const mebibyte = 2 ** 20;
const memoryOf = (decoded: number) => decodePool(2, { maxBytes: 1e6 }, { files: 1e6, decoded }).memory;

describe('the memory of a process', () => {
  it('is all memory of a Lambda function', () => {
    expect(processMemory({ AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024' })).toBe(2 ** 30);
    expect(memoryBudgets(2 ** 30)).toEqual({ files: 128 * mebibyte, decoded: 512 * mebibyte, crops: 128 * mebibyte });
  });

  it('is a share of the machine elsewhere', () => {
    expect(processMemory({})).toBeGreaterThan(100 * mebibyte);
    expect(processMemory({})).toBeLessThan(2 ** 46);
  });
});

describe('the crops of images until they are sent', () => {
  it('stay within their budget: several small ones or one large one at a time', async () => {
    const pool = decodePool(2, { maxBytes: 1e6 }, { files: 1e6, decoded: 1e6, crops: 100 * mebibyte });
    let [held, max] = [0, 0];
    const hold = (megabytes: number) =>
      pool.holdCrops(megabytes * mebibyte, async () => {
        held += megabytes;
        max = Math.max(max, held);
        await new Promise((resolve) => setImmediate(resolve));
        held -= megabytes;
      });
    await Promise.all([40, 40, 40, 100, 20, 20].map(hold));
    expect(max).toBe(100);
  });
});

describe('decoding', () => {
  it('stays within the budget: several small images or one large one at a time', async () => {
    const memory = memoryOf(100 * mebibyte);
    let [held, max] = [0, 0];
    const take = (bytes: number) =>
      memory.hold(bytes, async () => {
        held += bytes;
        max = Math.max(max, held);
        await new Promise((resolve) => setImmediate(resolve));
        held -= bytes;
      });
    await Promise.all([30, 30, 30, 100, 60, 60, 10].map((size) => take(size * mebibyte)));
    expect(max).toBe(100 * mebibyte);
  });

  it('of an image alone waits for all others, and blocks those that follow', async () => {
    const memory = memoryOf(100 * mebibyte);
    const order: string[] = [];
    const note = (name: string) => async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${name} ends`);
    };
    await Promise.all([memory.hold(1, note('one')), memory.alone(note('two')), memory.hold(1, note('three'))]);
    expect(order).toEqual(['one begins', 'one ends', 'two begins', 'two ends', 'three begins', 'three ends']);
  });

  it('rejects an image that needs more memory than the budget, with both numbers', async () => {
    const bytes = await scene().resize(4000, 4000).webp({ effort: 0 }).toBuffer();
    const crops = (megabytes: number) =>
      cropImage(bytes, smallRule(), defaultDecodeLimits, memoryOf(megabytes * mebibyte));
    await expect(crops(100)).rejects.toMatchObject({
      reason: 'too_many_pixels',
      isTransient: false,
      message: expect.stringMatching(
        /^decoding 4000×4000 pixels of webp needs \d+ MiB of memory, the limit is 100 MiB$/,
      ),
    });
    expect((await crops(300)).tensor.count).toBe(1);
  });
});
