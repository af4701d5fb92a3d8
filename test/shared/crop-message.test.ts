import { describe, expect, it } from 'vitest';
import { type CropMessage, decodeCropMessage, encodeCropMessage } from '../../shared/crop-message.ts';

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
  tensor: { height: 4, width: 2, scale: [1, 0.5, 1], zeroPoint: [123, 117, 104.5], pixels },
};

describe('a crop message', () => {
  it('is decoded to what was encoded', () => {
    const decoded = decodeCropMessage(encodeCropMessage(message));
    expect({ ...decoded, tensor: { ...decoded.tensor, pixels: Uint8Array.from(decoded.tensor.pixels) } }).toEqual(
      message,
    );
  });

  it('takes about 200 KB for a crop of 224 × 224', () => {
    const tensor = { ...message.tensor, height: 224, width: 224, pixels: new Uint8Array(224 * 224 * 3) };
    expect(encodeCropMessage({ ...message, tensor }).length).toBeLessThan(202_000);
  });

  const wire = () => JSON.parse(encodeCropMessage(message));
  const broken: [string, string, RegExp][] = [
    ['no JSON', 'hello', /expected a crop message of version 1: .*JSON/],
    ['no message', '[]', /expected a crop message of version 1: .*expected object, received array/],
    ['another version', JSON.stringify({ ...wire(), v: 2 }), /v: .*expected 1/],
    ['no image', JSON.stringify({ ...wire(), image: undefined }), /image: /],
    ['no date', JSON.stringify({ ...wire(), eventTime: 'today' }), /eventTime: /],
    ['another type', JSON.stringify({ ...wire(), tensor: { ...wire().tensor, dtype: 'float32' } }), /tensor\.dtype: /],
  ];
  it.each(broken)('that is %s is refused in one line that says what was expected', (_, body, text) => {
    expect(() => decodeCropMessage(body)).toThrow(text);
    expect(() => decodeCropMessage(body)).toThrow(expect.objectContaining({ reason: 'invalid_crop' }));
    expect(() => decodeCropMessage(body)).not.toThrow(/\n/);
  });
});
