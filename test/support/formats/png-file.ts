import { crc32, deflateSync } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

interface Header {
  readonly width: number;
  readonly height: number;
  /** Per sample. */
  readonly bits: number;
  /** 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGB and alpha. */
  readonly color: number;
}

/**
 * A PNG of packed rows without filters.
 * @param before chunks between the header and the pixels
 */
export function pngFile(header: Header, rows: readonly Uint8Array[], before: readonly Buffer[] = []): Buffer {
  const pixels = deflateSync(Buffer.concat(rows.flatMap((row) => [Buffer.from([0]), row])));
  return Buffer.concat([signature, headerOf(header), ...before, chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

export function headerOf({ width, height, bits, color }: Header): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data.set([bits, color], 8);
  return chunk('IHDR', data);
}

export function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** Inserts chunks after the header. */
export function withChunks(png: Uint8Array, chunks: readonly Buffer[]): Buffer {
  const behindHeader = signature.length + 25;
  return Buffer.concat([png.subarray(0, behindHeader), ...chunks, png.subarray(behindHeader)]);
}

/** An animated PNG of two frames. */
export function animated(first: Uint8Array, second: Uint8Array, { width, height }: Header): Buffer {
  const control = (sequence: number) => {
    const data = Buffer.alloc(26);
    data.writeUInt32BE(sequence, 0);
    data.writeUInt32BE(width, 4);
    data.writeUInt32BE(height, 8);
    data.set([0, 1, 0, 10, 0, 0], 20);
    return chunk('fcTL', data);
  };
  const frames = Buffer.alloc(8);
  frames.writeUInt32BE(2, 0);
  const sequence = Buffer.from([0, 0, 0, 2]);
  const secondFrame = [control(1), chunk('fdAT', Buffer.concat([sequence, pixelsOf(second)]))];
  const end = first.length - 12;
  const started = withChunks(first.subarray(0, end), [chunk('acTL', frames), control(0)]);
  return Buffer.concat([started, ...secondFrame, first.subarray(end)]);
}

function pixelsOf(png: Uint8Array): Buffer {
  const bytes = Buffer.from(png);
  const parts: Buffer[] = [];
  for (let at = signature.length; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const data = bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at));
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(data);
  }
  return Buffer.concat(parts);
}
