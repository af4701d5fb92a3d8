import { describe, expect, it } from 'vitest';
import { Failure } from '../../../../shared/failures/failure.ts';
import { unboundedMemory } from '../../../../shared/images/decode/decode-memory.ts';
import { diagnose } from '../../../../shared/images/decode/diagnose.ts';
import { defaultDecodeLimits } from '../../../../shared/images/decode/identify.ts';
import { cropImage } from '../../../../shared/images/preprocess/crop-image.ts';
import { smallRule } from '../../../support/formats/rules.ts';
import { scene } from '../../../support/formats/scene.ts';
import { hugePng } from '../../../support/huge-png.ts';

const whole = await scene().webp().toBuffer();

describe('running out of memory while decoding a complete file', () => {
  it.each([
    'vips_tracked: out of memory --- size == 432MB',
    'VipsJpeg: Insufficient memory (case 4)',
    'unable to malloc 12345 bytes',
    'Array buffer allocation failed',
    'Failed to allocate memory for strip',
    'cannot allocate 99 bytes',
    'std::bad_alloc',
  ])('is transient: %s', async (text) => {
    expect(await diagnose(whole, new Error(text))).toMatchObject({ reason: 'internal', isTransient: true });
  });

  it.each(['VipsThread: unable to create thread', 'Error creating thread: Resource temporarily unavailable'])(
    'without a thread, is transient: %s',
    async (text) => {
      const expected = { reason: 'internal', isTransient: true, message: 'no thread to decode in could start' };
      expect(await diagnose(whole, new Error(text))).toMatchObject(expected);
    },
  );

  it('is not the same as a decoder reaching its own limit', async () => {
    const text = 'Cumulated memory allocation of 1 + 2 bytes is beyond the 1 cumulated byte limit\nNo space for data';
    expect(await diagnose(whole, new Error(text))).toMatchObject({ reason: 'corrupt' });
  });

  it('does not hide that a file is truncated', async () => {
    const failure = await diagnose(whole.subarray(0, 100), new Error('out of memory'));
    expect(failure.reason).toBe('truncated');
  });
});

describe('a file that looks corrupt', () => {
  /** A budget that never blocks, and counts the work that runs alone. */
  const counting = () => {
    const memory = {
      ...unboundedMemory,
      times: 0,
      alone: <T>(work: () => Promise<T>): Promise<T> => {
        memory.times += 1;
        return work();
      },
    };
    return memory;
  };

  it('is decoded once more, alone, before it is rejected', async () => {
    const memory = counting();
    const crops = cropImage(hugePng(2000, 2000), smallRule(), defaultDecodeLimits, memory);
    await expect(crops).rejects.toMatchObject({ reason: 'corrupt' });
    expect(memory.times).toBe(1);
  });

  it('is accepted if that succeeds: another image may have taken the text about memory', async () => {
    let tries = 0;
    const memory = {
      ...unboundedMemory,
      hold: <T>(_: number, work: () => Promise<T>): Promise<T> => {
        tries += 1;
        return tries === 2 ? Promise.reject(new Failure('corrupt', 'cannot be decoded')) : work();
      },
    };
    expect((await cropImage(whole, smallRule(), defaultDecodeLimits, memory)).tensor.count).toBe(1);
  });

  it.each([
    ['truncated', whole.subarray(0, 100)],
    ['not_an_image', Buffer.from('a text')],
    ['empty', Buffer.alloc(0)],
  ])('is not decoded again for another fault: %s', async (reason, bytes) => {
    const memory = counting();
    await expect(cropImage(bytes, smallRule(), defaultDecodeLimits, memory)).rejects.toMatchObject({ reason });
    expect(memory.times).toBe(0);
  });
});
