import { deflateSync } from 'node:zlib';
import sharp from 'sharp';

const [short, long] = [3, 4];

interface TiffLayout {
  readonly width: number;
  readonly height: number;
  readonly samples: number;
  readonly bits: number;
  /** 1 unsigned integers, 3 floats. */
  readonly format: number;
  readonly compression: number;
  readonly photometric: number;
  /** Side of the tiles; strips without. */
  readonly tile?: number;
  readonly rowsPerStrip?: number;
}

/** A TIFF whose strips or tiles all are the same bytes of the file, so that they cost no more bytes than one. */
export function sharedChunks(
  layout: TiffLayout,
  chunk: Buffer,
  count: number,
  offsets?: (index: number) => number,
): Buffer {
  const { width, height, samples, bits, format, compression, photometric, tile, rowsPerStrip = height } = layout;
  const entries: [tag: number, type: number, values: readonly number[]][] = [
    [256, long, [width]],
    [257, long, [height]],
    [258, short, Array(samples).fill(bits)],
    [259, short, [compression]],
    [262, short, [photometric]],
    [277, short, [samples]],
    [284, short, [1]],
    [339, short, Array(samples).fill(format)],
  ];
  const [offsetTag, lengthTag] = tile === undefined ? [273, 279] : [324, 325];
  if (tile === undefined) entries.push([278, long, [rowsPerStrip]]);
  else entries.push([322, long, [tile]], [323, long, [tile]]);
  entries.push([offsetTag, long, Array(count).fill(0)], [lengthTag, long, Array(count).fill(chunk.length)]);
  entries.sort(([one], [other]) => one - other);
  const directory = Buffer.alloc(2 + entries.length * 12 + 4);
  directory.writeUInt16LE(entries.length, 0);
  const rest: Buffer[] = [];
  let at = 8 + directory.length;
  const sizes = entries.map(([, type, values]) => (type === short ? 2 : 4) * values.length);
  const chunkAt = at + sizes.filter((size) => size > 4).reduce((sum, size) => sum + size, 0);
  for (const [index, [tag, type, values]] of entries.entries()) {
    const data = Buffer.alloc(Math.max(sizes[index] ?? 0, 4));
    for (const [place, value] of values.entries()) {
      const actual = tag === offsetTag ? chunkAt + (offsets?.(place) ?? 0) : value;
      if (type === short) data.writeUInt16LE(actual, place * 2);
      else data.writeUInt32LE(actual, place * 4);
    }
    directory.writeUInt16LE(tag, 2 + index * 12);
    directory.writeUInt16LE(type, 4 + index * 12);
    directory.writeUInt32LE(values.length, 6 + index * 12);
    if (data.length <= 4) data.copy(directory, 10 + index * 12);
    else {
      directory.writeUInt32LE(at, 10 + index * 12);
      rest.push(data);
      at += data.length;
    }
  }
  const header = Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0]);
  return Buffer.concat([header, directory, ...rest, chunk]);
}

const [deflate, jpeg, group4] = [8, 7, 4];

/** Numbers of 64 bits, the most bytes per pixel, all strips alike. */
export function deflatedDoubles(side: number): Buffer {
  const layout = { width: side, height: side, samples: 4, bits: 64, format: 3, compression: deflate, photometric: 2 };
  const rowsPerStrip = 16;
  const strip = deflateSync(Buffer.alloc(side * rowsPerStrip * 32), { level: 9 });
  return sharedChunks({ ...layout, rowsPerStrip }, strip, side / rowsPerStrip);
}

export function deflatedBytes(side: number, rowsPerStrip: number): Buffer {
  const layout = { width: side, height: side, samples: 3, bits: 8, format: 1, compression: deflate, photometric: 2 };
  const strip = deflateSync(Buffer.alloc(side * rowsPerStrip * 3), { level: 9 });
  return sharedChunks({ ...layout, rowsPerStrip }, strip, Math.ceil(side / rowsPerStrip));
}

/** Tiles larger than the image is. */
export function hugeTile(side: number): Buffer {
  const layout = { width: side, height: side, samples: 3, bits: 8, format: 1, compression: deflate, photometric: 2 };
  return sharedChunks({ ...layout, tile: side }, deflateSync(Buffer.alloc(side * side * 3), { level: 9 }), 1);
}

/** Every tile is one JPEG with hundreds of scans. */
export function jpegTiles(side: number, tile: number, scans: (side: number) => Buffer): Buffer {
  const layout = { width: side, height: side, samples: 1, bits: 8, format: 1, compression: jpeg, photometric: 1 };
  return sharedChunks({ ...layout, tile }, scans(tile), (side / tile) ** 2);
}

/** Facsimile codes that change the color at every pixel. */
export async function facsimile(side: number): Promise<Buffer> {
  const rowsPerStrip = 64;
  const pixels = Buffer.alloc(side * rowsPerStrip);
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = ((at % side) + Math.floor(at / side)) % 2 === 0 ? 255 : 0;
  const strip = await sharp(pixels, { raw: { width: side, height: rowsPerStrip, channels: 1 } })
    .toColourspace('b-w')
    .tiff({ compression: 'ccittfax4', bitdepth: 1 })
    .toBuffer();
  const at = strip.readUInt32LE(4);
  const value = (tag: number) => {
    for (let entry = at + 2; ; entry += 12) if (strip.readUInt16LE(entry) === tag) return entry + 8;
  };
  const counted = strip.readUInt32LE(value(279) - 4);
  const read = (tag: number) =>
    counted === 1 ? strip.readUInt32LE(value(tag)) : strip.readUInt32LE(strip.readUInt32LE(value(tag)));
  const first = read(273);
  const data = strip.subarray(first, first + read(279));
  const rows = counted === 1 ? rowsPerStrip : strip.readUInt16LE(value(278));
  const layout = { width: side, height: side, samples: 1, bits: 1, format: 1, compression: group4, photometric: 0 };
  return sharedChunks({ ...layout, rowsPerStrip: rows }, data, Math.ceil(side / rows));
}

/** A strip for each row and byte that fits. */
export function manyStrips(bytes: number): Buffer {
  const height = Math.floor(bytes / 8) - 100;
  const layout = { width: 2048, height, samples: 1, bits: 8, format: 1, compression: deflate, photometric: 1 };
  return sharedChunks({ ...layout, rowsPerStrip: 1 }, deflateSync(Buffer.alloc(2048), { level: 9 }), height);
}
