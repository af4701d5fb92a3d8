import { describe, expect, it } from 'vitest';
import type { CropMessage } from '../../../shared/crops/crop-message.ts';
import { packExpiry } from '../../../shared/crops/pack-expiry.ts';
import { planSend } from '../../../shared/crops/plan-send.ts';
import { checkTransport } from '../../../shared/crops/transport.ts';
import { billedRequests, dollarsOf, queueRequests } from '../../../shared/crops/transport-cost.ts';
import { cropOf } from '../../support/crops.ts';
import { tinyPreprocess } from '../../support/tiny-model.ts';

/** Messages of images with one or several crops of 224 × 224. */
function images(length: number, count = 1): CropMessage[] {
  const pixels = new Uint8Array(count * 224 * 224 * 3);
  return Array.from({ length }, (_, index) => {
    const message = cropOf({ key: `${index}.jpg`, size: 224 });
    return { ...message, tensor: { ...message.tensor, count, pixels } };
  });
}

function shape(messages: readonly CropMessage[], transport: Parameters<typeof planSend>[1]) {
  const { inline, packs } = planSend(messages, transport);
  return { inline: inline.map(({ index }) => index), packs: packs.map((pack) => pack.map(({ index }) => index)) };
}

describe('SQS bills', () => {
  it.each([
    [0, 1],
    [1, 1],
    [65_536, 1],
    [65_537, 2],
    [1_048_576, 16],
  ])('%i bytes as %i requests', (bytes, requests) => {
    expect(billedRequests(bytes)).toBe(requests);
  });

  it('three requests for ten small messages: to send, to receive and to delete them', () => {
    expect(queueRequests(Array.from({ length: 10 }, () => 800))).toBe(3);
  });

  it('64 requests for ten crops of 224 × 224, of which five fit in one request', () => {
    expect(queueRequests(Array.from({ length: 10 }, () => 201_500))).toBe(2 * 16 + 31 + 1);
  });

  it('a million images at the list prices', () => {
    const { requests, kept } = dollarsOf({ sqs: 300_000, puts: 10_000, gets: 100_000, packedBytes: 1e6 * 150_528 });
    expect(requests).toBeCloseTo(0.12 + 0.05 + 0.04, 10);
    expect(kept).toBeCloseTo((150.528e9 / 2 ** 30) * 0.023 * (5.5 / 30), 10);
  });
});

describe('the transport auto', () => {
  it('sends a few images inline, which is cheaper than a pack', () => {
    expect(shape(images(1), 'auto')).toEqual({ inline: [0], packs: [] });
    expect(shape(images(3), 'auto')).toEqual({ inline: [0, 1, 2], packs: [] });
  });

  it('packs four and more', () => {
    expect(shape(images(4), 'auto')).toEqual({ inline: [], packs: [[0, 1, 2, 3]] });
    expect(shape(images(10), 'auto').packs).toHaveLength(1);
  });

  it('packs an image that does not fit in a message', () => {
    expect(shape(images(1, 10), 'auto')).toEqual({ inline: [], packs: [[0]] });
  });

  it('packs a second image with it, since the pack is written anyway', () => {
    expect(shape([...images(1, 10), ...images(1)], 'auto')).toEqual({ inline: [], packs: [[0, 1]] });
  });

  it('sends nothing without images', () => {
    expect(shape([], 'auto')).toEqual({ inline: [], packs: [] });
  });
});

describe('the transport inline', () => {
  const rule = (crops: 'center' | 'ten' | 'multiscale', size: number) => {
    const preprocess = tinyPreprocess(size);
    return { ...preprocess, crop: { ...preprocess.crop, rule: crops } };
  };

  it('is rejected in one line for crops that do not fit in a message', () => {
    expect(() => checkTransport('inline', rule('ten', 224))).toThrow(
      '10 crops of 224×224 take 2008064 bytes in a message, over the limit of 1048576: ' +
        'use the transport packed or auto, with a store in S3',
    );
  });

  it('is accepted for crops that fit in a message, other transports for all crops', () => {
    expect(() => checkTransport('inline', rule('center', 224))).not.toThrow();
    expect(() => checkTransport('inline', rule('multiscale', 32))).not.toThrow();
    expect(() => checkTransport('packed', rule('multiscale', 224))).not.toThrow();
    expect(() => checkTransport('auto', rule('multiscale', 224))).not.toThrow();
  });
});

describe('packs expire', () => {
  it.each([
    [60, 1],
    [86_399, 1],
    [86_400, 2],
    [345_600, 5],
    [1_209_600, 15],
  ])('after messages that are kept for %i seconds: after %i days', (seconds, days) => {
    expect(packExpiry('', seconds).days).toBe(days);
    expect(days * 86_400).toBeGreaterThan(seconds);
  });

  it('only below their prefix', () => {
    expect(packExpiry('nested/store', 345_600)).toEqual({
      id: 'expire-packed-crops',
      prefix: 'nested/store/packed/',
      days: 5,
    });
  });

  it.each([0, 59, 1_209_601, Number.NaN])('only for a retention that a queue can have, not %d', (seconds) => {
    expect(() => packExpiry('', seconds)).toThrow(/expected a retention of 60 to 1209600 seconds, got /);
  });
});
