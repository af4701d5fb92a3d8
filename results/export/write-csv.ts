import type { DuckDBResult, Json } from '@duckdb/node-api';
import { jsonValue } from './json-value.ts';

/** RFC 4180 with a header line, and `\n` between lines. Null is an empty field, empty text is `""`, lists are JSON. */
export async function* csvLines(result: DuckDBResult): AsyncGenerator<string> {
  yield csvLine(result.deduplicatedColumnNames());
  for await (const chunk of result) {
    yield chunk.convertRows(jsonValue).map(csvLine).join('');
  }
}

function csvLine(values: readonly (Json | null)[]): string {
  return `${values.map(csvField).join(',')}\n`;
}

function csvField(value: Json | null): string {
  if (value === null) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
