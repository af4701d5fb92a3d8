import { describe, expect, it } from 'vitest';
import { extentBomb, metaBomb } from '../../../../bench/costly/box-files.ts';
import { avifItem } from '../../../../shared/images/decode/avif-item.ts';
import { isTruncated } from '../../../../shared/images/decode/is-truncated.ts';
import { processorTime } from '../../../support/processor-time.ts';

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
const meta = box(12, 'meta', Buffer.alloc(4));

describe('the boxes of an AVIF', () => {
  it.each([0n, 1n, 15n])('continue after a box whose 64-bit length of %d is less than its header', (length) => {
    const bytes = Buffer.concat([brand, meta, box(1, 'free', long(length)), Buffer.alloc(108)]);
    expect(isTruncated(bytes, 'image/avif')).toBe(false);
  });

  it('are truncated if a 64-bit length exceeds the file or is missing', () => {
    for (const length of [200n, 2n ** 63n, 2n ** 64n - 1n]) {
      expect(isTruncated(Buffer.concat([brand, meta, box(1, 'mdat', long(length))]), 'image/avif')).toBe(true);
    }
    expect(isTruncated(Buffer.concat([brand, meta, box(1, 'mdat')]), 'image/avif')).toBe(true);
  });
});

describe('checking 32 MiB of the shortest possible segments takes seconds at most', () => {
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
    ['image/avif', 'extents without bytes', extentBomb(2 ** 20)],
    ['image/tiff', 'strips', manyStrips(length, 4)],
    ['image/tiff', 'entries', manyEntries(length)],
  ])('%s of %s', async (type, _, bytes) => {
    expect(await processorTime(() => isTruncated(bytes, type))).toBeLessThan(4000);
  });
});

it('reading the chunks of a PNG makes no string for each', async () => {
  const chunks = Buffer.alloc(12 * 2 ** 21, '00000000746558740000000a', 'hex');
  const bytes = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunks]);
  expect(await processorTime(() => isTruncated(bytes, 'image/png'))).toBeLessThan(500);
});

describe('reading the items of an AVIF of 32 MiB takes seconds and megabytes at most', () => {
  it.each(['ipco', 'iref', 'ipma', 'top'] as const)('filled with %s', async (kind) => {
    const bytes = metaBomb(2 ** 25, kind);
    const before = process.memoryUsage.rss();
    expect(await processorTime(() => avifItem(bytes))).toBeLessThan(1000);
    expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 28);
  });

  it('whose extents take no bytes', async () => {
    const bytes = extentBomb(1500);
    const before = process.memoryUsage.rss();
    expect(await processorTime(() => isTruncated(bytes, 'image/avif'))).toBeLessThan(1000);
    expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 28);
  });
});

/** A TIFF whose strip offsets, all 0, fill the file. */
function manyStrips(length: number, width: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.write('II*\0\x08\0\0\0\x01\0', 'latin1');
  bytes.writeUInt16LE(273, 10);
  bytes.writeUInt16LE(4, 12);
  bytes.writeUInt32LE((length - 64) / width, 14);
  bytes.writeUInt32LE(64, 18);
  return bytes;
}

/** A BigTIFF whose directory fills the file, with all 65,536 tags in turn. */
function manyEntries(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.write('II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0', 'latin1');
  const entries = Math.floor((length - 32) / 20);
  bytes.writeBigUInt64LE(BigInt(entries), 16);
  for (let entry = 0; entry < entries; entry += 1) bytes.writeUInt16LE(entry % 65_536, 24 + entry * 20);
  return bytes;
}
