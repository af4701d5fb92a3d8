/** A value in a TIFF's directory: its offset and length, bytes. */
export interface TiffValue {
  readonly at: number;
  readonly length: number;
  /** Of one of its numbers. */
  readonly width: number;
}

export interface TiffDirectory {
  readonly values: ReadonlyMap<number, TiffValue>;
  /** The link to the next page; undefined for the last page. */
  readonly next: { readonly at: number; readonly length: number } | undefined;
  /** The first number of an integer value. */
  first(tag: number): number | undefined;
  /**
   * One number of an integer value: a value may be as long as the file, so its numbers are read one at a time. Undefined if
   * the number is missing or lies beyond the end.
   */
  number(tag: number, index: number): number | undefined;
}

/** Field widths of a TIFF and of a BigTIFF, bytes. */
const classic = { header: 4, count: 2, entry: 12, offset: 4 } as const;
const big = { header: 8, count: 8, entry: 20, offset: 8 } as const;

/** Decoders read no larger directories, although a BigTIFF has a 64-bit count. */
const maxEntries = 0xffff;

/**
 * The directory of a TIFF's first page (TIFF 6.0, section 2; a BigTIFF has the same structure in 64 bits).
 * @returns undefined if the file ends before the directory does
 */
export function firstDirectory(bytes: Buffer): TiffDirectory | undefined {
  const littleEndian = bytes[0] === 0x49;
  const read = (at: number, width: number): number => {
    if (width < 8) return littleEndian ? bytes.readUIntLE(at, width) : bytes.readUIntBE(at, width);
    return Number(littleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  };
  if (bytes.length < 8) return undefined;
  const format = read(2, 2) === 43 ? big : classic;
  if (format.header + format.offset > bytes.length) return undefined;
  const start = read(format.header, format.offset);
  if (start + format.count > bytes.length) return undefined;
  const entries = read(start, format.count);
  const first = start + format.count;
  const end = first + entries * format.entry;
  if (end > bytes.length) return undefined;

  const values = new Map<number, TiffValue>();
  for (let index = 0; index < Math.min(entries, maxEntries); index += 1) {
    const entry = first + index * format.entry;
    const [tag, type, field] = [read(entry, 2), read(entry + 2, 2), entry + 4 + format.offset];
    const width = typeBytes[type] ?? 1;
    const length = width * read(entry + 4, format.offset);
    // Of two entries with one tag the decoder reads the first.
    if (!values.has(tag))
      values.set(tag, { at: length > format.offset ? read(field, format.offset) : field, length, width });
  }
  const number = (tag: number, index: number): number | undefined => {
    const { at, length, width } = values.get(tag) ?? { at: 0, length: 0, width: 1 };
    const offset = at + index * width;
    return (index + 1) * width <= length && offset + width <= bytes.length ? read(offset, width) : undefined;
  };
  return {
    values,
    next:
      end + format.offset <= bytes.length && read(end, format.offset) !== 0
        ? { at: end, length: format.offset }
        : undefined,
    first: (tag) => number(tag, 0),
    number,
  };
}

/** Bytes by type: byte, text, short, long, rational; signed and floating ones; those of BigTIFF. */
const typeBytes = [1, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 1, 1, 8, 8, 8];
