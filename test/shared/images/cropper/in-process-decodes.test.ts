import { expect, it, onTestFinished, vi } from 'vitest';
import { openCropper } from '../../../../shared/images/cropper/image-cropper.ts';
import { InProcessDecodes } from '../../../../shared/images/cropper/in-process-decodes.ts';
import { decodePool } from '../../../../shared/images/decode/decode-pool.ts';
import { defaultDecodeLimits as limits } from '../../../../shared/images/decode/identify.ts';
import { decoderProcessesOf } from '../../../support/decoder-processes.ts';
import { smallRule } from '../../../support/formats/rules.ts';
import { scene } from '../../../support/formats/scene.ts';
import { noisyJpeg } from '../../../support/noisy-jpeg.ts';

const job = { kind: 'crop', rule: smallRule() } as const;
const openPool = () => decodePool(2, { maxBytes: 2 ** 28 }, { files: 2 ** 28, decoded: 2 ** 31 });

it('an image that was left behind keeps no memory of the budget from others', async () => {
  const { memory } = openPool();
  const decodes = new InProcessDecodes();
  const controller = new AbortController();
  const accept = () => void setImmediate(() => controller.abort());
  const crop = decodes.run(await noisyJpeg(), job, { limits, memory, accept, seconds: 60, signal: controller.signal });
  await expect(crop).rejects.toMatchObject({ reason: 'timeout' });
  expect(await memory.alone(async () => decodes.hasLeft)).toBe(true);
});

it('while an image that was left behind occupies a thread, others are decoded in a process', async () => {
  const cropper = openCropper({ rule: smallRule(), limits, pool: openPool() });
  onTestFinished(() => cropper.close());
  const photo = await scene().jpeg().toBuffer();
  await cropper.crop(photo);
  expect(decoderProcessesOf(process.pid)).toEqual([]);
  const controller = new AbortController();
  const slow = cropper.crop(await noisyJpeg(), { signal: controller.signal });
  setImmediate(() => controller.abort());
  await expect(slow).rejects.toMatchObject({ reason: 'timeout' });
  await cropper.crop(photo);
  expect(decoderProcessesOf(process.pid)).toHaveLength(1);
});

it('an image whose regions wait long for a thread is not left behind', async () => {
  const bytes = await scene().jpeg().toBuffer();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const { memory } = openPool();
  const ruled = { kind: 'crop', rule: { ...smallRule(), regions: { maximum: 5 } } } as const;
  const find = async () => {
    vi.advanceTimersByTime(60_000);
    return { boxes: [], pixels: [] };
  };
  const decodes = new InProcessDecodes();
  const crop = decodes.run(bytes, ruled, { limits, memory, find, seconds: 10, signal: undefined });
  await expect(crop).resolves.toMatchObject({ image: { regions: { boxes: [] } } });
  expect(decodes.hasLeft).toBe(false);
});
