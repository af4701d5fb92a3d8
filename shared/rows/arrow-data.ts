import { type Data, Int64, makeData, TimestampMillisecond, Utf8 } from 'apache-arrow';

/** The buffers by which Arrow marks nulls. */
interface Validity {
  readonly nullCount: number;
  /** One bit per value, least significant first; set where there is a value. */
  readonly nullBitmap: Uint8Array;
}

/** Which of the values are there. */
export function validity(values: readonly unknown[]): Validity {
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 8));
  let nullCount = 0;
  for (const [index, value] of values.entries()) {
    if (value === null) nullCount += 1;
    else nullBitmap[index >> 3] = (nullBitmap[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return { nullCount, nullBitmap };
}

/** Where each value begins when all lie end to end, and where the last one ends: one more entry than values. */
export function offsetsOf(lengths: readonly number[]): Int32Array {
  const offsets = new Int32Array(lengths.length + 1);
  let end = 0;
  for (const [index, length] of lengths.entries()) {
    end += length;
    offsets[index + 1] = end;
  }
  return offsets;
}

/** A column of text, as UTF-8. */
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

/** A column of moments, to the millisecond. */
export function timestampData(values: readonly (Date | null)[]): Data<TimestampMillisecond> {
  return makeData({
    type: new TimestampMillisecond('UTC'),
    length: values.length,
    ...validity(values),
    data: BigInt64Array.from(values, (value) => BigInt(value?.getTime() ?? 0)),
  });
}

/** A column of whole numbers, as 64 bits. */
export function int64Data(values: readonly (number | null)[]): Data<Int64> {
  const data = BigInt64Array.from(values, (value) => BigInt(value ?? 0));
  return makeData({ type: new Int64(), length: values.length, ...validity(values), data });
}
