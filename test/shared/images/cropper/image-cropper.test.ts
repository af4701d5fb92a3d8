import { afterAll, describe, expect, it } from 'vitest';
import { progressiveScans } from '../../../../bench/costly/jpeg-files.ts';
import { compressedTexts } from '../../../../bench/costly/png-files.ts';
import { Failure } from '../../../../shared/failures/failure.ts';
import { openCropper } from '../../../../shared/images/cropper/image-cropper.ts';
import { openImageDecoder } from '../../../../shared/images/cropper/image-decoder.ts';
import { decodePool } from '../../../../shared/images/decode/decode-pool.ts';
import { defaultDecodeLimits } from '../../../../shared/images/decode/identify.ts';
import { cropRules } from '../../../../shared/models/crop-rule.ts';
import { smallRule } from '../../../support/formats/rules.ts';
import { scene } from '../../../support/formats/scene.ts';
import { noisyJpeg } from '../../../support/noisy-jpeg.ts';

const limits = defaultDecodeLimits;
const budgets = { files: 2 ** 28, decoded: 2 ** 31 };
const pool = () => decodePool(2, { maxBytes: 2 ** 28 }, budgets);
const cropper = openCropper({ rule: smallRule(), limits, pool: pool() });
afterAll(() => cropper.close());

const photo = () => scene().jpeg().toBuffer();

describe('the file of an image', () => {
  it('is freed once it is decoded, if the caller does not read it again', async () => {
    const [bytes, kept] = [Uint8Array.from(await photo()), Uint8Array.from(await photo())];
    const [freed, other] = [await cropper.crop(bytes, { isLastUse: true }), await cropper.crop(kept)];
    expect(freed).toEqual(other);
    expect([bytes.byteLength, kept.byteLength > 0]).toEqual([0, true]);
  });

  it('is kept if it cannot be decoded, or another process decodes it', async () => {
    const damaged = Uint8Array.from(await photo()).slice(0, 500);
    await expect(cropper.crop(damaged, { isLastUse: true })).rejects.toThrow('ends early');
    const suspect = Uint8Array.from(await photo());
    await cropper.crop(suspect, { isLastUse: true, isSuspect: true });
    expect([damaged.byteLength, suspect.byteLength > 500]).toEqual([500, true]);
  });
});

describe('an image in a process of its own', () => {
  const formats = {
    jpeg: () => scene().jpeg(),
    'progressive JPEG': () => scene().jpeg({ progressive: true }),
    'turned JPEG': () => scene().withMetadata({ orientation: 6 }).jpeg(),
    'PNG with alpha': () => scene().ensureAlpha(0.5).png(),
    webp: () => scene().webp(),
    avif: () => scene().avif({ effort: 0 }),
    tiff: () => scene().tiff({ compression: 'lzw' }),
    gif: () => scene().gif(),
  };

  it.each(cropRules)('gives the same crops by the rule %s as in this process, whatever its format', async (crop) => {
    const ruled = openCropper({ rule: smallRule(crop), limits, pool: pool() });
    for (const [name, image] of Object.entries(formats)) {
      const bytes = await image().toBuffer();
      const [here, apart] = [await ruled.crop(bytes), await ruled.crop(bytes, { isSuspect: true })];
      expect(apart, name).toEqual(here);
    }
    await ruled.close();
  });

  it('gives the same picture for regions as in this process', async () => {
    const decoder = openImageDecoder({ limits, pool: pool() });
    for (const [name, image] of Object.entries(formats)) {
      const bytes = await image().toBuffer();
      const job = { kind: 'picture' } as const;
      const [here, apart] = [await decoder.decode(bytes, job), await decoder.decode(bytes, job, { isSuspect: true })];
      expect(apart, name).toEqual(here);
    }
    await decoder.close();
  });

  it('fails for the same reason, with the same message', async () => {
    const whole = await photo();
    const damaged = Buffer.from(await scene().png().toBuffer());
    damaged.fill(0, damaged.length / 2);
    for (const bytes of [Buffer.alloc(0), Buffer.from('a note'), whole.subarray(0, whole.length * 0.7), damaged]) {
      const failureOf = (isSuspect: boolean) => cropper.crop(bytes, { isSuspect }).catch(Failure.from);
      const [here, apart] = [await failureOf(false), await failureOf(true)];
      expect(apart).toBeInstanceOf(Failure);
      expect(apart).toMatchObject({
        reason: here instanceof Failure && here.reason,
        message: String(Object(here).message),
      });
    }
  });

  it('may use more than is left of the memory budget only after its neighbors', async () => {
    const small = openCropper({
      rule: smallRule(),
      limits,
      pool: decodePool(2, { maxBytes: 2 ** 20 }, { ...budgets, decoded: 2 ** 27 }),
    });
    const bytes = await photo();
    const results = await Promise.all(
      Array.from({ length: 6 }, (_, index) => small.crop(bytes, { isSuspect: index % 2 === 0 })),
    );
    expect(results).toHaveLength(6);
    await small.close();
  });
});

describe('an image beyond the limits', () => {
  it('is too slow after its time of a core, and its neighbors do not wait for it', async () => {
    const quick = openCropper({ rule: smallRule(), limits, pool: pool(), processorSeconds: 1.5 });
    const ended: string[] = [];
    // 2646 scans of 6.6 megapixels, three seconds of a core.
    const slow = quick.crop(progressiveScans(2560, 3)).catch(Failure.from);
    void slow.then(() => ended.push('slow'));
    const bytes = await photo();
    for (let index = 0; index < 8; index += 1) await quick.crop(bytes).then(() => ended.push('photo'));
    expect(await slow).toMatchObject({
      reason: 'too_slow',
      message: expect.stringContaining('more than 1.5 s of a core'),
    });
    expect(ended).toEqual([...Array(8).fill('photo'), 'slow']);
    await quick.close();
  });

  it('is left behind in this process if its header promised less, and then ended in another', async () => {
    const bytes = await noisyJpeg();
    const impatient = openCropper({ rule: smallRule(), limits, pool: pool(), processorSeconds: 0.01 });
    await expect(impatient.crop(bytes)).rejects.toMatchObject({ reason: 'too_slow' });
    await impatient.close();
  });

  it('is too slow without a try if its scans alone take far longer', async () => {
    const hopeless = cropper.crop(progressiveScans(8192, 3));
    await expect(hopeless).rejects.toMatchObject({
      reason: 'too_slow',
      message: expect.stringContaining('scans of 8192×8192 pixels'),
    });
  });

  it('has too many pixels if it takes more memory than its header announces', async () => {
    await expect(cropper.crop(compressedTexts(400_000))).rejects.toMatchObject({
      reason: 'too_many_pixels',
      message: expect.stringMatching(/takes more than \d+ MiB of memory/),
    });
  });
});

describe('stopping', () => {
  it('rejects with the reason of the signal, and starts nothing that still waits', async () => {
    const stopping = openCropper({ rule: smallRule(), limits, pool: decodePool(1, { maxBytes: 2 ** 28 }, budgets) });
    const controller = new AbortController();
    const slow = progressiveScans(4096);
    const crops = Array.from({ length: 3 }, () => stopping.crop(slow, { isSuspect: true, signal: controller.signal }));
    const late = new Failure('timeout', 'the function has to answer');
    controller.abort(late);
    for (const crop of crops) await expect(crop).rejects.toBe(late);
    await expect(stopping.crop(slow, { signal: controller.signal })).rejects.toBe(late);
    // The core is free again.
    expect(await stopping.crop(await photo(), { isSuspect: true })).toMatchObject({ format: 'jpeg' });
    await stopping.close();
  });

  it('ends what is in progress when the cropper is closed', async () => {
    const closing = openCropper({ rule: smallRule(), limits, pool: pool() });
    const slow = closing.crop(progressiveScans(4096), { isSuspect: true }).catch(Failure.from);
    await closing.crop(await photo());
    await closing.close();
    expect(await slow).toMatchObject({ reason: 'timeout' });
  });
});
