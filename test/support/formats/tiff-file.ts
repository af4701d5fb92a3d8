import { chunksOf, type TiffLayout } from './tiff-chunks.ts';

export interface TiffPage {
  readonly width: number;
  readonly height: number;
  /** height × width × 3 bytes of RGB, or as described by `samples`; rows begin at whole bytes. */
  readonly pixels: Uint8Array;
  readonly samples?: TiffSamples;
  readonly layout?: TiffLayout;
  /** Strips or tiles that are already encoded, instead of `pixels` in `layout`. */
  readonly chunks?: readonly Uint8Array[];
  /** More tags, or other values for tags that are written anyway. */
  readonly tags?: Readonly<Record<number, TagValue>>;
}

export interface TiffSamples {
  /** Channels per pixel. */
  readonly count: number;
  readonly bits: number;
  /** 2 signed, 3 float. @default unsigned integers */
  readonly format?: number;
  /** 0 and 1 gray, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr, 8 Lab. */
  readonly photometric: number;
}

/** One number, several numbers of 16 bits, bytes without a type, or undefined to leave the tag out. */
type TagValue = number | readonly number[] | Uint8Array | undefined;

const rgb: TiffSamples = { count: 3, bits: 8, photometric: 2 };

interface Options {
  readonly littleEndian?: boolean;
  /** Bytes between the header and the first page. */
  readonly mark?: string;
}

const [short, long, untyped] = [3, 4, 7];

/** Tags whose single number is written in 16 bits. */
const shortTags: ReadonlySet<number> = new Set([258, 259, 262, 266, 274, 277, 284, 317, 338, 339]);

/** A TIFF of strips or tiles, each directory before its pixels. */
export function tiffFile(pages: readonly TiffPage[], { littleEndian = true, mark = '' }: Options = {}): Buffer {
  const magic = Buffer.from(littleEndian ? 'II' : 'MM', 'latin1');
  const header = [magic, number(42, 2), number(8 + mark.length, 4), Buffer.from(mark, 'latin1')];
  const parts = [Buffer.concat(header)];
  let at = 8 + mark.length;
  for (const [index, page] of pages.entries()) {
    const chunks = page.chunks ?? chunksOf(page.pixels, page, page.samples ?? rgb, page.layout);
    const values = tagsOf(page, chunks);
    const valuesAt = at + 2 + values.length * 12 + 4;
    const valueBytes = values.map(([, value]) => value.data.length);
    const chunksAt = valuesAt + sum(valueBytes.filter((length) => length > 4));
    const end = chunksAt + sum(chunks.map((chunk) => chunk.length));
    let next = valuesAt;
    const entries = values.map(([tag, { type, count, data }]) => {
      const field = data.length > 4 ? number(next, 4) : Buffer.concat([data], 4);
      if (data.length > 4) next += data.length;
      const offsets = tag === 273 || tag === 324 ? offsetsField(chunks, chunksAt, field) : undefined;
      return {
        bytes: Buffer.concat([number(tag, 2), number(type, 2), number(count, 4), offsets?.field ?? field]),
        data: offsets?.data ?? data,
      };
    });
    const rest = entries.map(({ data }) => data).filter((data) => data.length > 4);
    parts.push(
      Buffer.concat([
        number(values.length, 2),
        ...entries.map(({ bytes }) => bytes),
        number(index + 1 < pages.length ? end : 0, 4),
        ...rest,
        ...chunks,
      ]),
    );
    at = end;
  }
  return Buffer.concat(parts);

  function number(value: number, width: number): Buffer {
    const bytes = Buffer.alloc(width);
    if (littleEndian) bytes.writeUIntLE(value, 0, width);
    else bytes.writeUIntBE(value, 0, width);
    return bytes;
  }

  /** Offsets are known only after the length of the directory is. */
  function offsetsField(chunks: readonly Uint8Array[], start: number, field: Buffer) {
    let at = start;
    const offsets = chunks.map(({ length }) => {
      at += length;
      return number(at - length, 4);
    });
    const data = Buffer.concat(offsets);
    return { data, field: data.length > 4 ? field : data };
  }

  function tagsOf(page: TiffPage, chunks: readonly Uint8Array[]): [tag: number, value: Value][] {
    const { width, height, samples = rgb, layout = {}, tags = {} } = page;
    const { count, bits, format = 1, photometric } = samples;
    const isTiled = layout.tile !== undefined;
    const written: Record<number, TagValue | Value> = {
      256: width,
      257: height,
      258: Array.from({ length: count }, () => bits),
      259: layout.compression === 'deflate' ? 8 : 1,
      262: photometric,
      [isTiled ? 324 : 273]: longs(chunks.map(() => 0)),
      277: count,
      [isTiled ? 325 : 279]: longs(chunks.map(({ length }) => length)),
      ...(isTiled ? { 322: layout.tile, 323: layout.tile } : { 278: layout.rowsPerStrip ?? height }),
      ...(layout.isPlanar && { 284: 2 }),
      ...(layout.isBitReversed && { 266: 2 }),
      339: Array.from({ length: count }, () => format),
      ...tags,
    };
    return Object.entries(written).flatMap(([tag, value]): [number, Value][] =>
      value === undefined ? [] : [[Number(tag), isValue(value) ? value : typedValue(Number(tag), value)]],
    );
  }

  function typedValue(tag: number, value: Exclude<TagValue, undefined>): Value {
    if (value instanceof Uint8Array) return { type: untyped, count: value.length, data: Buffer.from(value) };
    if (typeof value === 'number' && !shortTags.has(tag)) return longs([value]);
    const numbers = typeof value === 'number' ? [value] : value;
    return { type: short, count: numbers.length, data: Buffer.concat(numbers.map((one) => number(one, 2))) };
  }

  function longs(values: readonly number[]): Value {
    return { type: long, count: values.length, data: Buffer.concat(values.map((value) => number(value, 4))) };
  }
}

interface Value {
  readonly type: number;
  readonly count: number;
  readonly data: Buffer;
}

function isValue(value: object | number): value is Value {
  return typeof value === 'object' && 'data' in value;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
