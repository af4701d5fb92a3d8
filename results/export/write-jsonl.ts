import type { ExportedRows } from './exported-rows.ts';
import { jsonValue } from './json-value.ts';

/** One JSON object per row and line. Yields the text of a chunk of rows at a time. */
export async function* jsonLines(rows: ExportedRows): AsyncGenerator<string> {
  const names = rows.columnNames;
  for await (const chunk of rows) {
    const lines = chunk.convertRows(jsonValue).map((row) => {
      const entries = names.map((name, index) => [name, row[index] ?? null]);
      return `${JSON.stringify(Object.fromEntries(entries))}\n`;
    });
    yield lines.join('');
  }
}
