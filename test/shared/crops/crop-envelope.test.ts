import { describe, expect, it } from 'vitest';
import { decodeCropEnvelope, encodeCropEnvelope } from '../../../shared/crops/crop-envelope.ts';
import type { CropMessage } from '../../../shared/crops/crop-message.ts';

const pixels = Uint8Array.from({ length: 4 * 2 * 3 }, (_, index) => (index * 37) % 256);
const message: CropMessage = {
  image: { bucket: 'drop', key: 'été 🌻+%.jpg', etag: 'abc', versionId: 'v1' },
  job: 'holiday',
  width: 640,
  height: 480,
  format: 'jpeg',
  bytes: 12_345,
  preprocess: '0123456789abcdef',
  eventTime: new Date('2026-01-02T03:04:05.678Z'),
  ingestedAt: new Date('2026-01-02T03:04:06.789Z'),
  tensor: { count: 1, height: 4, width: 2, scale: [1, 0.5, 1], zeroPoint: [123, 117, 104.5], pixels },
};

describe('a crop message', () => {
  it('is decoded to what was encoded', () => {
    const decoded = decodeCropEnvelope(encodeCropEnvelope(message));
    if (!('pixels' in decoded.tensor)) throw new Error('expected pixels');
    expect({ ...decoded, tensor: { ...decoded.tensor, pixels: Uint8Array.from(decoded.tensor.pixels) } }).toEqual(
      message,
    );
  });

  it('with a pointer to its pixels is decoded to what was encoded, and takes under 1 KB', () => {
    const { pixels: _, ...type } = message.tensor;
    const slice = { bucket: 'store', key: 'packed/été 🌻+%.crops', offset: 150_528, length: 24 };
    const pointer = { ...message, tensor: { ...type, slice } };
    expect(decodeCropEnvelope(encodeCropEnvelope(pointer))).toEqual(pointer);
    expect(encodeCropEnvelope(pointer).length).toBeLessThan(1_000);
  });

  it.each<[string, (text: string) => string]>([
    ['with its fields in another order', (text) => reordered(text)],
    ['with space between its tokens', (text) => JSON.stringify(JSON.parse(text), null, 2)],
    ['with an escape in its base64', (text) => text.replace('"data":"A', '"data":"\\u0041')],
    [
      'from a bucket whose name looks like a field',
      (text) => text.replace('"bucket":"drop"', '"bucket":"\\"data\\":\\""'),
    ],
  ])('is decoded the same %s', (_, change) => {
    const changed = change(encodeCropEnvelope(message));
    expect(changed).not.toBe(encodeCropEnvelope(message));
    const decoded = decodeCropEnvelope(changed);
    if (!('pixels' in decoded.tensor)) throw new Error('expected pixels');
    expect([...decoded.tensor.pixels]).toEqual([...pixels]);
  });

  it('takes about 200 KB for a crop of 224 × 224', () => {
    const tensor = { ...message.tensor, height: 224, width: 224, pixels: new Uint8Array(224 * 224 * 3) };
    expect(encodeCropEnvelope({ ...message, tensor }).length).toBeLessThan(202_000);
  });

  const wire = () => JSON.parse(encodeCropEnvelope(message));
  const broken: [string, string, RegExp][] = [
    ['not JSON', 'hello', /expected a crop message of version 2: .*JSON/],
    ['not a message', '[]', /expected a crop message of version 2: .*expected object, received array/],
    ['of another version', JSON.stringify({ ...wire(), v: 1 }), /v: .*expected 2/],
    ['without an image', JSON.stringify({ ...wire(), image: undefined }), /image: /],
    ['without a date', JSON.stringify({ ...wire(), eventTime: 'today' }), /eventTime: /],
    [
      'without pixels',
      JSON.stringify({ ...wire(), tensor: { ...wire().tensor, data: undefined } }),
      /either data or slice/,
    ],
    [
      'both pixels and where they are',
      JSON.stringify({
        ...wire(),
        tensor: { ...wire().tensor, slice: { bucket: 'b', key: 'k', offset: 0, length: 24 } },
      }),
      /either data or slice/,
    ],
    [
      'a slice that begins before its object',
      JSON.stringify({
        ...wire(),
        tensor: { ...wire().tensor, slice: { bucket: 'b', key: 'k', offset: -1, length: 24 } },
      }),
      /tensor\.slice\.offset: /,
    ],
    [
      'of another type',
      JSON.stringify({ ...wire(), tensor: { ...wire().tensor, dtype: 'float32' } }),
      /tensor\.dtype: /,
    ],
  ];
  it.each(broken)('%s is rejected in one line that names the problem', (_, body, text) => {
    expect(() => decodeCropEnvelope(body)).toThrow(text);
    expect(() => decodeCropEnvelope(body)).toThrow(expect.objectContaining({ reason: 'invalid_crop' }));
    expect(() => decodeCropEnvelope(body)).not.toThrow(/\n/);
  });
});

function reordered(text: string): string {
  const { tensor, ...rest } = JSON.parse(text);
  const { data, ...type } = tensor;
  return JSON.stringify({ tensor: { data, ...type }, ...rest });
}
