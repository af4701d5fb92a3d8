interface Page {
  readonly width: number;
  readonly height: number;
  /** height × width × 3 bytes of RGB, or as described by `samples`. */
  readonly pixels: Uint8Array;
  readonly samples?: Samples;
  /** More tags, one number each. */
  readonly tags?: Readonly<Record<number, number>>;
}

interface Samples {
  /** Channels per pixel. */
  readonly count: number;
  readonly bits: number;
  /** 2 signed, 3 float. @default unsigned integers */
  readonly format?: number;
  /** 0 and 1 gray, 2 RGB, 5 CMYK, 8 Lab. */
  readonly photometric: number;
}

const rgb: Samples = { count: 3, bits: 8, photometric: 2 };

interface Options {
  readonly littleEndian?: boolean;
  /** Bytes between the header and the first page. */
  readonly mark?: string;
}

const [short, long] = [3, 4];
const entriesBefore = 10;

/** An uncompressed TIFF, each directory before its pixels. */
export function tiffFile(pages: readonly Page[], { littleEndian = true, mark = '' }: Options = {}): Buffer {
  const number = (value: number, width: 2 | 4) => {
    const bytes = Buffer.alloc(width);
    if (littleEndian) bytes.writeUIntLE(value, 0, width);
    else bytes.writeUIntBE(value, 0, width);
    return bytes;
  };
  const entry = (tag: number, type: number, count: number, value: number) => {
    const field = type === short && count === 1 ? [number(value, 2), number(0, 2)] : [number(value, 4)];
    return Buffer.concat([number(tag, 2), number(type, 2), number(count, 4), ...field]);
  };
  const magic = Buffer.from(littleEndian ? 'II' : 'MM', 'latin1');
  const parts: Buffer[] = [magic, number(42, 2), number(8 + mark.length, 4), Buffer.from(mark, 'latin1')];
  let at = 8 + mark.length;
  for (const [index, { width, height, pixels, samples = rgb, tags = {} }] of pages.entries()) {
    const count = entriesBefore + Object.keys(tags).length;
    const bitsAt = at + 2 + count * 12 + 4;
    const bits = Buffer.concat(Array.from({ length: samples.count }, () => number(samples.bits, 2)));
    const formats = Buffer.concat(Array.from({ length: samples.count }, () => number(samples.format ?? 1, 2)));
    const formatsAt = bitsAt + bits.length;
    const pixelsAt = formatsAt + formats.length;
    // Two 2-byte numbers fit into the entry itself.
    const isInEntry = samples.count <= 2;
    const shorts = (tag: number, value: number, valuesAt: number) =>
      samples.count === 2
        ? Buffer.concat([number(tag, 2), number(short, 2), number(2, 4), number(value, 2), number(value, 2)])
        : entry(tag, short, samples.count, isInEntry ? value : valuesAt);
    const entries: [tag: number, bytes: Buffer][] = [
      [256, entry(256, long, 1, width)],
      [257, entry(257, long, 1, height)],
      [258, shorts(258, samples.bits, bitsAt)],
      [259, entry(259, short, 1, 1)],
      [262, entry(262, short, 1, samples.photometric)],
      [273, entry(273, long, 1, pixelsAt)],
      [277, entry(277, short, 1, samples.count)],
      [278, entry(278, long, 1, height)],
      [279, entry(279, long, 1, pixels.length)],
      [339, shorts(339, samples.format ?? 1, formatsAt)],
      ...Object.entries(tags).map(([tag, value]): [number, Buffer] => [
        Number(tag),
        entry(Number(tag), long, 1, value),
      ]),
    ];
    const sorted = entries.toSorted(([one], [other]) => one - other).map(([, bytes]) => bytes);
    const end = pixelsAt + pixels.length;
    const next = index + 1 < pages.length ? end : 0;
    parts.push(number(count, 2), ...sorted, number(next, 4), bits, formats, Buffer.from(pixels));
    at = end;
  }
  return Buffer.concat(parts);
}
