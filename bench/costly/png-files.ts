import { crc32, deflateSync } from 'node:zlib';
import { lutProfile } from './lut-profile.ts';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function chunk(type: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const bytes = Buffer.alloc(data.length + 12);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  data.copy(bytes, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

/** 0 gray, 2 RGB, 6 RGB and alpha. */
const samples: Readonly<Record<number, number>> = { 0: 1, 2: 3, 6: 4 };

export interface PngLayout {
  readonly side: number;
  readonly color: number;
  readonly bits: number;
  readonly isInterlaced?: boolean;
}

/** Pixels of one value, which deflate to a thousandth. @param before chunks between the header and the pixels */
export function flatPng(
  { side, color, bits, isInterlaced = false }: PngLayout,
  before: readonly Buffer[] = [],
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([bits, color, 0, 0, isInterlaced ? 1 : 0], 8);
  const pixelBits = (samples[color] ?? 1) * bits;
  const rowBytes = (width: number) => Math.ceil((width * pixelBits) / 8) + 1;
  // Adam7: start and step, across and down.
  const passes = [
    [0, 8, 0, 8],
    [4, 8, 0, 8],
    [0, 4, 4, 8],
    [2, 4, 0, 4],
    [0, 2, 2, 4],
    [1, 2, 0, 2],
    [0, 1, 1, 2],
  ] as const;
  const count = (first: number, step: number) => Math.ceil((side - first) / step);
  const bytes = isInterlaced
    ? passes.reduce((sum, [x, dx, y, dy]) => sum + count(y, dy) * rowBytes(count(x, dx)), 0)
    : side * rowBytes(side);
  const data = chunk('IDAT', deflateSync(Buffer.alloc(bytes), { level: 9 }));
  return Buffer.concat([signature, chunk('IHDR', header), ...before, data, chunk('IEND')]);
}

/** Texts of 8,000,000 bytes, the most that libpng inflates, each deflated to 8 KB. */
export function compressedTexts(bytes: number, type: 'zTXt' | 'iTXt' = 'zTXt'): Buffer {
  const text = deflateSync(Buffer.alloc(7_900_000, 'a'), { level: 9 });
  const head = type === 'zTXt' ? 'k\0\0' : 'k\0\x01\0\0\0';
  const one = chunk(type, Buffer.concat([Buffer.from(head, 'latin1'), text]));
  const count = Math.floor(bytes / one.length) - 1;
  return flatPng(
    { side: 64, color: 2, bits: 8 },
    Array.from({ length: count }, () => one),
  );
}

/** EXIF whose directory has an entry for each tag, with a text of 16 KB that all of them share. */
export function largeExif(): Buffer {
  const [tags, textBytes] = [65_000, 16_384];
  const exif = Buffer.alloc(14 + 12 * tags + textBytes, 'a');
  exif.write('II*\0\x08\0\0\0', 'latin1');
  exif.writeUInt16LE(tags, 8);
  for (let tag = 0; tag < tags; tag += 1) {
    const at = 10 + 12 * tag;
    exif.writeUInt16LE(tag, at);
    exif.writeUInt16LE(2, at + 2);
    exif.writeUInt32LE(textBytes, at + 4);
    exif.writeUInt32LE(14 + 12 * tags, at + 8);
  }
  exif.writeUInt32LE(0, 10 + 12 * tags);
  return flatPng({ side: 64, color: 2, bits: 8 }, [chunk('eXIf', exif)]);
}

/** A profile that inflates to a thousand times its bytes. */
export function compressedProfile(bytes: number): Buffer {
  const profile = deflateSync(Buffer.alloc(bytes * 1000), { level: 9 });
  return flatPng({ side: 64, color: 2, bits: 8 }, [
    chunk('iCCP', Buffer.concat([Buffer.from('p\0\0', 'latin1'), profile])),
  ]);
}

/** A profile with a table, applied to every pixel. */
export function profiledPng(side: number): Buffer {
  const profile = deflateSync(lutProfile('RGB ', 33), { level: 9 });
  return flatPng({ side, color: 2, bits: 8 }, [
    chunk('iCCP', Buffer.concat([Buffer.from('p\0\0', 'latin1'), profile])),
  ]);
}

/** As many chunks as fit. */
export function emptyChunks(bytes: number): Buffer {
  const one = chunk('tEXt', Buffer.from('k\0', 'latin1'));
  return flatPng(
    { side: 64, color: 2, bits: 8 },
    Array.from({ length: Math.floor(bytes / one.length) - 10 }, () => one),
  );
}

export function manyPixelChunks(bytes: number): Buffer {
  const empty = chunk('IDAT');
  return flatPng(
    { side: 64, color: 2, bits: 8 },
    Array.from({ length: Math.floor(bytes / empty.length) - 20 }, () => empty),
  );
}
