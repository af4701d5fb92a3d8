import type { DuckDBResult } from '@duckdb/node-api';
import { jsonValue } from './json-value.ts';

/** One JSON object per row and line. Yields the text of a chunk of rows at a time. */
export async function* jsonLines(result: DuckDBResult): AsyncGenerator<string> {
  const names = result.deduplicatedColumnNames();
  for await (const chunk of result) {
    const lines = chunk.convertRows(jsonValue).map((row) => {
      const entries = names.map((name, index) => [name, row[index] ?? null]);
      return `${JSON.stringify(Object.fromEntries(entries))}\n`;
    });
    yield lines.join('');
  }
}
