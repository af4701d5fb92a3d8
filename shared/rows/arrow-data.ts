import { type Data, Float32, Int32, Int64, type List, makeData, TimestampMillisecond, Utf8 } from 'apache-arrow';
import { embeddingType } from './schema.ts';

/** Arrow's null markers. */
interface Validity {
  readonly nullCount: number;
  /** One bit per value, least significant first; set for values, clear for nulls. */
  readonly nullBitmap: Uint8Array;
}

export function validity(values: readonly unknown[]): Validity {
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 8));
  let nullCount = 0;
  for (const [index, value] of values.entries()) {
    if (value === null) nullCount += 1;
    else nullBitmap[index >> 3] = (nullBitmap[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return { nullCount, nullBitmap };
}

/** The start of each value and the end of the last one: one more entry than values. */
export function offsetsOf(lengths: readonly number[]): Int32Array {
  const offsets = new Int32Array(lengths.length + 1);
  let end = 0;
  for (const [index, length] of lengths.entries()) {
    end += length;
    offsets[index + 1] = end;
  }
  return offsets;
}

/** A UTF-8 text column. */
export function textData(values: readonly (string | null)[]): Data<Utf8> {
  const encoded = values.map((value) => Buffer.from(value ?? ''));
  return makeData({
    type: new Utf8(),
    length: values.length,
    ...validity(values),
    valueOffsets: offsetsOf(encoded.map((bytes) => bytes.byteLength)),
    data: Buffer.concat(encoded),
  });
}

/** A column of UTC timestamps in milliseconds. */
export function timestampData(values: readonly (Date | null)[]): Data<TimestampMillisecond> {
  return makeData({
    type: new TimestampMillisecond('UTC'),
    length: values.length,
    ...validity(values),
    data: BigInt64Array.from(values, (value) => BigInt(value?.getTime() ?? 0)),
  });
}

/** A column of 64-bit integers. */
export function int64Data(values: readonly (number | null)[]): Data<Int64> {
  const data = BigInt64Array.from(values, (value) => BigInt(value ?? 0));
  return makeData({ type: new Int64(), length: values.length, ...validity(values), data });
}

/** A column of 32-bit integers. */
export function int32Data(values: readonly (number | null)[]): Data<Int32> {
  const data = Int32Array.from(values, (value) => value ?? 0);
  return makeData({ type: new Int32(), length: values.length, ...validity(values), data });
}

export function float32Data(values: readonly (number | null)[]): Data<Float32> {
  const data = Float32Array.from(values, (value) => value ?? 0);
  return makeData({ type: new Float32(), length: values.length, ...validity(values), data });
}

/**
 * A column of lists.
 * @param encode makes one column of the entries of all lists
 */
export function listData<T>(
  type: List,
  values: readonly (readonly T[] | null)[],
  encode: (entries: readonly T[]) => Data,
): Data {
  const valueOffsets = offsetsOf(values.map((list) => list?.length ?? 0));
  const child = encode(values.flatMap((list) => list ?? []));
  return makeData({ type, length: values.length, ...validity(values), valueOffsets, child });
}

/** A column of embeddings. A flush has half a million numbers: they are copied row by row, never one by one. */
export function embeddingData(values: readonly (Float32Array | null)[]): Data {
  const valueOffsets = offsetsOf(values.map((embedding) => embedding?.length ?? 0));
  const data = new Float32Array(valueOffsets.at(-1) ?? 0);
  for (const [index, embedding] of values.entries()) {
    if (embedding !== null) data.set(embedding, valueOffsets[index]);
  }
  const child = makeData({ type: new Float32(), length: data.length, nullCount: 0, data });
  return makeData({ type: embeddingType, length: values.length, ...validity(values), valueOffsets, child });
}
