import type { Json } from '@duckdb/node-api';
import type { ExportedRows } from './exported-rows.ts';
import { jsonValue } from './json-value.ts';

/**
 * RFC 4180 with a header line, and `\n` between lines. Null is an empty field, empty text is `""`, lists are JSON.
 * @param spreadsheetSafe puts an apostrophe before texts that a spreadsheet would compute
 */
export async function* csvLines(rows: ExportedRows, spreadsheetSafe: boolean): AsyncGenerator<string> {
  const textOf = (value: Json | null) => (spreadsheetSafe ? withoutFormula(value) : value);
  yield csvLine(rows.columnNames.map(textOf));
  for await (const chunk of rows) {
    yield chunk
      .convertRows(jsonValue)
      .map((row) => csvLine(row.map(textOf)))
      .join('');
  }
}

/** Spreadsheets compute text that begins with one of these, also after blanks or with the wide forms of East Asian keyboards. */
const formula = /^(?:[\t\r\n]|\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/;

function withoutFormula(value: Json | null): Json | null {
  return typeof value === 'string' && formula.test(value) ? `'${value}` : value;
}

function csvLine(values: readonly (Json | null)[]): string {
  return `${values.map(csvField).join(',')}\n`;
}

function csvField(value: Json | null): string {
  if (value === null) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
