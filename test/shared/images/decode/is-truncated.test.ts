import { describe, expect, it } from 'vitest';
import { isTruncated } from '../../../../shared/images/decode/is-truncated.ts';

const box = (length: number, type: string, rest = Buffer.alloc(0)) => {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, rest]);
};
const long = (length: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(length);
  return bytes;
};
const brand = box(16, 'ftyp', Buffer.from('avif\0\0\0\0', 'latin1'));

describe('a walk over boxes', () => {
  it.each([0n, 1n, 15n])('goes on behind one whose 64 bits say that it is %d long, less than themselves', (length) => {
    const bytes = Buffer.concat([brand, box(1, 'free', long(length)), Buffer.alloc(108)]);
    expect(isTruncated(bytes, 'image/avif')).toBe(false);
  });

  it('of 64 bits that say more than there is ends early, and of none too', () => {
    for (const length of [200n, 2n ** 63n, 2n ** 64n - 1n]) {
      expect(isTruncated(Buffer.concat([brand, box(1, 'mdat', long(length))]), 'image/avif')).toBe(true);
    }
    expect(isTruncated(Buffer.concat([brand, box(1, 'mdat')]), 'image/avif')).toBe(true);
  });
});

describe('a walk over 32 MiB of the shortest steps there are takes less than a second', () => {
  const length = 2 ** 25;
  it.each([
    [
      'image/jpeg',
      'stuffed zeros',
      Buffer.concat([Buffer.from('ffd8ffda0002', 'hex'), Buffer.alloc(length, 'ff00', 'hex')]),
    ],
    ['image/jpeg', 'scans', Buffer.concat([Buffer.from('ffd8', 'hex'), Buffer.alloc(length, 'ffda0002', 'hex')])],
    ['image/jpeg', 'fill bytes', Buffer.alloc(length, 0xff)],
    ['image/png', 'empty chunks', Buffer.alloc(length)],
    ['image/avif', 'empty boxes', Buffer.alloc(length, '00000008', 'hex')],
    ['image/tiff', 'strips', manyStrips(length, 4)],
    ['image/tiff', 'entries', manyEntries(length)],
  ])('%s of %s', (type, _, bytes) => {
    const started = performance.now();
    isTruncated(bytes, type);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

/** A TIFF whose strips' offsets fill the file, each of them 0. */
function manyStrips(length: number, width: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.write('II*\0\x08\0\0\0\x01\0', 'latin1');
  bytes.writeUInt16LE(273, 10);
  bytes.writeUInt16LE(4, 12);
  bytes.writeUInt32LE((length - 64) / width, 14);
  bytes.writeUInt32LE(64, 18);
  return bytes;
}

/** A BigTIFF of as many entries as there is room for, each of a tag of its own as far as there are so many. */
function manyEntries(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.write('II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0', 'latin1');
  const entries = Math.floor((length - 32) / 20);
  bytes.writeBigUInt64LE(BigInt(entries), 16);
  for (let entry = 0; entry < entries; entry += 1) bytes.writeUInt16LE(entry % 65_536, 24 + entry * 20);
  return bytes;
}
