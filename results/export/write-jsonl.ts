import type { DuckDBResult } from '@duckdb/node-api';
import { jsonValue } from './json-value.ts';

/** One JSON object per line, one piece of text per chunk of rows. */
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
