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

/** The last moment a JavaScript date can hold, microseconds from 1970; the first one is as far back. */
const dateLimit = 8_640_000_000_000_000_000n;

/**
 * A value of DuckDB as JSON has it: whole numbers as numbers where a double holds them exactly (else as text),
 * float32 in the fewest digits that tell it from its neighbours, moments as ISO 8601 in UTC, lists as arrays, structs
 * as objects. JSON has no NaN and no infinity: they become null.
 */
export const jsonValue: DuckDBValueConverter<Json> = (value, type, converter) => {
  if (value === null) return null;
  if (typeof value === 'bigint') return wholeNumber(value);
  if (typeof value === 'number') return type.typeId === DuckDBTypeId.FLOAT ? shortestFloat32(value) : finite(value);
  if (type.typeId === DuckDBTypeId.DECIMAL) return Number(String(value));
  if (value instanceof DuckDBTimestampTZValue || value instanceof DuckDBTimestampValue) return isoMoment(value);
  return JsonDuckDBValueConverter(value, type, converter);
};

/** A value by itself, see `jsonValue`. */
export function toJson(value: DuckDBValue, type: DuckDBType): Json {
  return jsonValue(value, type, jsonValue);
}

function wholeNumber(value: bigint): Json {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function finite(value: number): Json {
  return Number.isFinite(value) ? value : null;
}

/** 9 digits tell any float32 from any other; most need fewer. */
function shortestFloat32(value: number): Json {
  if (Number.isInteger(value)) return value;
  for (let digits = 6; digits <= 9; digits += 1) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return finite(value);
}

function isoMoment(moment: DuckDBTimestampTZValue | DuckDBTimestampValue): Json {
  const { micros } = moment;
  if (micros > dateLimit || micros < -dateLimit) return String(moment);
  return new Date(Number(micros / 1000n)).toISOString();
}
