import { describe, expect, it } from 'vitest';
import { streamReader } from '../../../../cli/engine/classify/read-stream.ts';

describe('a stream', () => {
  it('that is read again gives the same bytes, because a decoder can be lost', async () => {
    const reader = streamReader(new Blob(['an ', 'image']).stream());
    const first = await reader.read(100);
    expect(Buffer.from(first).toString()).toBe('an image');
    expect(await reader.read(100)).toBe(first);
  });

  it('that failed is not read again', async () => {
    const reader = streamReader(
      (async function* () {
        yield new Uint8Array(200);
      })(),
    );
    await expect(reader.read(100)).rejects.toThrow('the stream has more bytes than the limit, 100');
    await expect(reader.read(100)).rejects.toThrow('the stream was read before');
  });
});
