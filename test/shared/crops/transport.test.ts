import { describe, expect, it } from 'vitest';
import type { CropMessage } from '../../../shared/crops/crop-message.ts';
import { packExpiry } from '../../../shared/crops/pack-expiry.ts';
import { planSend } from '../../../shared/crops/plan-send.ts';
import { checkTransport } from '../../../shared/crops/transport.ts';
import { billedRequests, dollarsOf, queueRequests } from '../../../shared/crops/transport-cost.ts';
import { cropOf } from '../../support/crops.ts';
import { tinyPreprocess } from '../../support/tiny-model.ts';

/** So many images of one or several crops of 224 × 224. */
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

describe('what SQS bills', () => {
  it.each([
    [0, 1],
    [1, 1],
    [65_536, 1],
    [65_537, 2],
    [1_048_576, 16],
  ])('%i bytes as %i requests', (bytes, requests) => {
    expect(billedRequests(bytes)).toBe(requests);
  });

  it('for ten small messages is three requests: to send, to receive, to delete them', () => {
    expect(queueRequests(Array.from({ length: 10 }, () => 800))).toBe(3);
  });

  it('for ten crops of 224 × 224 is 64 requests: five fit into one that sends', () => {
    expect(queueRequests(Array.from({ length: 10 }, () => 201_500))).toBe(2 * 16 + 31 + 1);
  });

  it('for a million images is what the list prices make of it', () => {
    const { requests, kept } = dollarsOf({ sqs: 300_000, puts: 10_000, gets: 100_000, packedBytes: 1e6 * 150_528 });
    expect(requests).toBeCloseTo(0.12 + 0.05 + 0.04, 10);
    expect(kept).toBeCloseTo((150.528e9 / 2 ** 30) * 0.023 * (5.5 / 30), 10);
  });
});

describe('the transport auto', () => {
  it('leaves a few images in their messages, where that is cheaper than an object', () => {
    expect(shape(images(1), 'auto')).toEqual({ inline: [0], packs: [] });
    expect(shape(images(3), 'auto')).toEqual({ inline: [0, 1, 2], packs: [] });
  });

  it('packs four and more', () => {
    expect(shape(images(4), 'auto')).toEqual({ inline: [], packs: [[0, 1, 2, 3]] });
    expect(shape(images(10), 'auto').packs).toHaveLength(1);
  });

  it('packs what fits into no message, even one image', () => {
    expect(shape(images(1, 10), 'auto')).toEqual({ inline: [], packs: [[0]] });
  });

  it('takes a lone neighbour of such an image along, since the object is written anyway', () => {
    expect(shape([...images(1, 10), ...images(1)], 'auto')).toEqual({ inline: [], packs: [[0, 1]] });
  });

  it('has nothing to do for nothing', () => {
    expect(shape([], 'auto')).toEqual({ inline: [], packs: [] });
  });
});

describe('the transport inline', () => {
  const rule = (crops: 'center' | 'ten' | 'multiscale', size: number) => {
    const preprocess = tinyPreprocess(size);
    return { ...preprocess, crop: { ...preprocess.crop, rule: crops } };
  };

  it('is refused with crops that no message holds, in one line that says what would do', () => {
    expect(() => checkTransport('inline', rule('ten', 224))).toThrow(
      '10 crops of 224×224 would make a message of 2008064 bytes, the limit is 1048576: ' +
        'expected the transport packed or auto, which need a place in S3, got inline',
    );
  });

  it('is taken with crops that fit, and other transports with any', () => {
    expect(() => checkTransport('inline', rule('center', 224))).not.toThrow();
    expect(() => checkTransport('inline', rule('multiscale', 32))).not.toThrow();
    expect(() => checkTransport('packed', rule('multiscale', 224))).not.toThrow();
    expect(() => checkTransport('auto', rule('multiscale', 224))).not.toThrow();
  });
});

describe('packed crops expire', () => {
  it.each([
    [60, 1],
    [86_399, 1],
    [86_400, 2],
    [345_600, 5],
    [1_209_600, 15],
  ])('later than messages that are kept for %i seconds: after %i days', (seconds, days) => {
    expect(packExpiry('', seconds).days).toBe(days);
    expect(days * 86_400).toBeGreaterThan(seconds);
  });

  it('where they are written, and nowhere else', () => {
    expect(packExpiry('nested/store', 345_600)).toEqual({
      id: 'expire-packed-crops',
      prefix: 'nested/store/packed/',
      days: 5,
    });
  });

  it.each([0, 59, 1_209_601, Number.NaN])('not for a retention that no queue has: %d', (seconds) => {
    expect(() => packExpiry('', seconds)).toThrow(/expected a retention of 60 to 1209600 seconds, got /);
  });
});
