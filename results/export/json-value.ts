import {
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
  type DuckDBValueConverter,
  type Json,
  JsonDuckDBValueConverter,
} from '@duckdb/node-api';

/** The latest time of a JavaScript Date, in microseconds since 1970; the earliest is its negative. */
const dateLimit = 8_640_000_000_000_000_000n;

/**
 * Converts a DuckDB value to JSON: integers to numbers if a double holds them exactly (else to text), float32 to the
 * fewest digits that restore it, timestamps to ISO 8601 in UTC, lists to arrays, structs to objects, NaN and infinity to
 * null.
 */
export const jsonValue: DuckDBValueConverter<Json> = (value, type, converter) => {
  if (value === null) return null;
  if (typeof value === 'bigint') return integer(value);
  if (typeof value === 'number') return type.typeId === DuckDBTypeId.FLOAT ? shortestFloat32(value) : finite(value);
  if (type.typeId === DuckDBTypeId.DECIMAL) return Number(String(value));
  if (value instanceof DuckDBTimestampTZValue || value instanceof DuckDBTimestampValue) return isoTime(value);
  return JsonDuckDBValueConverter(value, type, converter);
};

/** `jsonValue` for a single value. */
export function toJson(value: DuckDBValue, type: DuckDBType): Json {
  return jsonValue(value, type, jsonValue);
}

function integer(value: bigint): Json {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function finite(value: number): Json {
  return Number.isFinite(value) ? value : null;
}

/** 9 digits restore any float32; most need fewer. */
function shortestFloat32(value: number): Json {
  if (Number.isInteger(value)) return value;
  for (let digits = 6; digits <= 9; digits += 1) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return finite(value);
}

function isoTime(time: DuckDBTimestampTZValue | DuckDBTimestampValue): Json {
  const { micros } = time;
  if (micros > dateLimit || micros < -dateLimit) return String(time);
  return new Date(Number(micros / 1000n)).toISOString();
}
